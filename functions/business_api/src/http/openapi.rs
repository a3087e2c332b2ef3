//! The OpenAPI document, generated from the routes.
//!
//! What all operations have in common (problems, the idempotency key, the API key) is added here once.

use std::sync::LazyLock;

use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Required, ResponseBuilder};

use crate::http::idempotency::IDEMPOTENCY_KEY;
use crate::http::response::ApiResponse;
use crate::routes;

const PROBLEM: &str = "Problem";
const API_KEY: &str = "api_key";

const DESCRIPTION: &str = "The API of Guichet, with which a business issues invoices, collects payments and keeps the books. \
    Every request needs the header `Authorization: Bearer gk_…` with an API key. The key decides which business's books are open. \
    Amounts are decimal strings with a currency, dates are `YYYY-MM-DD`, instants are RFC 3339 in UTC. \
    A request with an unknown field is refused, and the answer names everything that is wrong with it. \
    A POST or PATCH with an `Idempotency-Key` is carried out once: for 48 hours, the same request with the same key gets the first \
    answer again, with the header `Idempotent-Replayed: true`. A refusal that depends on how the books stand is decided anew. Another \
    request with the same key is refused with 422. While the first \
    request is still running, the answer is 409. \
    Lists take `limit` and `cursor`. A program that follows the customers, invoices, payments or credit notes gives `changed_since` \
    and then goes on with the `cursor` of each page, for as long as it likes: no change is missed, and a document may come more than \
    once. Errors are `application/problem+json` (RFC 9457) with a stable `type`.";

static DOCUMENT: LazyLock<String> = LazyLock::new(|| document().to_json().unwrap_or_default());

/// Show this description as an OpenAPI 3.1 document
#[utoipa::path(
    get, path = "/api/v1/openapi.json", tag = "This API", security(()),
    responses((status = 200, description = "The document.", content_type = "application/json", body = Object))
)]
pub(crate) async fn show_document() -> ApiResponse {
    ApiResponse::text("application/json", DOCUMENT.clone())
}

pub(crate) fn document() -> OpenApi {
    let mut document = routes().into_openapi();
    for item in document.paths.paths.values_mut() {
        for (operation, changes) in [(&mut item.get, false), (&mut item.post, true), (&mut item.patch, true)] {
            let Some(operation) = operation else { continue };
            if changes {
                let parameters = operation.parameters.get_or_insert_default();
                parameters.push(idempotency_key());
            }
            if needs_key(operation) {
                operation.responses.responses.insert("default".to_owned(), problem_response());
            }
        }
    }
    document
}

/// The document before the routes are added.
pub(crate) fn frame() -> OpenApi {
    let tag = |name: &str, text: &str| TagBuilder::new().name(name).description(Some(text)).build();
    let scheme = Http::builder()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An API key of the business, which begins with gk_."))
        .build();
    let components = ComponentsBuilder::new()
        .schema(PROBLEM, problem_schema())
        .security_scheme(API_KEY, SecurityScheme::Http(scheme))
        .build();
    OpenApiBuilder::new()
        .info(InfoBuilder::new().title("Guichet").version("1").description(Some(DESCRIPTION)).build())
        .tags(Some([
            tag("Business", "The business that the API key belongs to, and its settings."),
            tag("Customers", "The parties who owe the business, with their balances and statements."),
            tag("Invoices", "Demands for payment, and how much of each is open."),
            tag("Payments", "Money from customers: starting payments, applying cash to invoices, and refunds."),
            tag("Payouts", "Transfers from the payment provider to your bank, and the transactions that they consist of."),
            tag("Exports", "The journal and the payments of a period, and statements, for your bookkeeping: at once, or as files of any size."),
            tag("Credit notes", "Documents that reduce what a customer owes. Their credit is applied to invoices like cash."),
            tag("Unapplied and unidentified", "Unapplied: cash and credit of a customer that covers no invoice. Unidentified: money without a known customer. Provider cash: money that lies at the payment provider and is part of no payment."),
            tag("Pay links", "Addresses at which an invoice can be seen and paid."),
            tag("Effects", "What follows from facts and could not be done yet, such as receipts that were not mailed."),
            tag("Reviews", "Cases that a person should look at, such as chargebacks."),
            tag("Provider events", "Notices from payment providers, and replaying them."),
            tag("Audit", "Who did what and why, in a chain of hashes."),
            tag("This API", "The description of the API, and its health."),
        ]))
        .components(Some(components))
        .security(Some([SecurityRequirement::new(API_KEY, Vec::<String>::new())]))
        .build()
}

/// An operation without a security requirement of its own has that of the document.
fn needs_key(operation: &Operation) -> bool {
    operation.security.is_none()
}

fn idempotency_key() -> RefOr<utoipa::openapi::path::Parameter> {
    let text = "A name for this request, by which it is carried out only once: 1 to 255 visible ASCII characters.";
    let schema = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(255));
    let parameter = ParameterBuilder::new()
        .name(IDEMPOTENCY_KEY)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(text))
        .schema(Some(schema));
    parameter.build().into()
}

fn problem_response() -> RefOr<utoipa::openapi::Response> {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(PROBLEM))).build();
    let response =
        ResponseBuilder::new().description("The request failed.").content("application/problem+json", content);
    response.build().into()
}

/// The schema of `function_runtime::http::Problem`; a test compares the two.
fn problem_schema() -> Schema {
    let text = |says: &str| ObjectBuilder::new().schema_type(Type::String).description(Some(says));
    let field = ObjectBuilder::new()
        .property("field", text("The path of the field, such as lines[0].unit_price."))
        .required("field")
        .property("message", text("What was expected in the field."))
        .required("message");
    let problem = ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::Object))
        .description(Some("Why a request failed, as defined by RFC 9457."))
        .property("type", text("A stable name for the kind of problem: urn:guichet:problem:…"))
        .required("type")
        .property("title", text("The kind of problem in words."))
        .required("title")
        .property("status", ObjectBuilder::new().schema_type(Type::Integer).description(Some("The HTTP status.")))
        .required("status")
        .property("detail", text("What was wrong with this request."))
        .property("errors", ArrayBuilder::new().items(field).description(Some("The invalid fields.")));
    Schema::Object(problem.build())
}
