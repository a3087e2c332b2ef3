//! The OpenAPI document, made of the routes themselves.
//!
//! What every operation has in common (the problems, the idempotency key, the key of the business) is added here once, so that a
//! handler states only what is its own.

use std::sync::LazyLock;

use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{Array, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Required, ResponseBuilder};

use crate::http::idempotency::IDEMPOTENCY_KEY;
use crate::http::response::Answer;
use crate::routes;

/// The name of the schema of problems.
const PROBLEM: &str = "Problem";
/// The name of the security scheme.
const API_KEY: &str = "api_key";

const DESCRIPTION: &str = "Amounts are decimal strings with their currency, dates are YYYY-MM-DD, instants are RFC 3339 in UTC. \
    Every request carries `Authorization: Bearer gk_…`; the key says whose books are open. \
    Unknown fields are refused, and everything that is wrong with a body is told at once. \
    A POST or PATCH with an `Idempotency-Key` is carried out once in 48 hours: the same request again gets the same answer with \
    `Idempotent-Replayed: true`, another request under the same key is refused with 422, and while the first is being carried \
    out the answer is 409. \
    Lists take `limit` and `cursor`. Errors are `application/problem+json` (RFC 9457) with a stable `type`.";

static DOCUMENT: LazyLock<String> = LazyLock::new(|| document().to_json().unwrap_or_default());

/// Show this description, as OpenAPI 3.1
#[utoipa::path(
    get, path = "/api/v1/openapi.json", tag = "This API", security(()),
    responses((status = 200, description = "The document", content_type = "application/json", body = Object))
)]
pub(crate) async fn show_document() -> Answer {
    Answer::text("application/json", DOCUMENT.clone())
}

/// The document.
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

/// What the document holds before any route is in it.
pub(crate) fn frame() -> OpenApi {
    let tag = |name: &str, text: &str| TagBuilder::new().name(name).description(Some(text)).build();
    let scheme =
        Http::builder().scheme(HttpAuthScheme::Bearer).description(Some("An API key of the business, gk_…")).build();
    let components = ComponentsBuilder::new()
        .schema(PROBLEM, problem_schema())
        .security_scheme(API_KEY, SecurityScheme::Http(scheme))
        .build();
    OpenApiBuilder::new()
        .info(InfoBuilder::new().title("Guichet").version("1").description(Some(DESCRIPTION)).build())
        .tags(Some([
            tag("Business", "The business of the key."),
            tag("Customers", "Who owes, and how their accounts stand."),
            tag("Invoices", "What is demanded, and how much of it is open."),
            tag("Payments", "The customers' money on its way to you."),
            tag("Payouts", "What the provider pays to your bank, and of what it is made."),
            tag("Exports", "What your bookkeeping takes over: the journal and the payments of a period."),
            tag("Credit notes", "Documents that reduce what is owed, applied like money."),
            tag("Unapplied and unidentified", "Money that covers no invoice yet, and money of nobody known."),
            tag("Pay links", "Addresses under which an invoice is seen and paid."),
            tag("Reviews", "What a person should look at."),
            tag("Provider events", "What providers told, and hearing it again."),
            tag("Audit", "Who did what, in a chain of seals."),
            tag("This API", "Its description, and what answers."),
        ]))
        .components(Some(components))
        .security(Some([SecurityRequirement::new(API_KEY, Vec::<String>::new())]))
        .build()
}

/// An operation that says nothing of security has that of the document.
fn needs_key(operation: &Operation) -> bool {
    operation.security.is_none()
}

fn idempotency_key() -> RefOr<utoipa::openapi::path::Parameter> {
    let text = "The name of this request, so that it is carried out once: 1 to 255 visible ASCII characters.";
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
    let response = ResponseBuilder::new().description("A problem").content("application/problem+json", content);
    response.build().into()
}

/// The shape of `function_runtime::http::Problem`; a test holds the two together.
fn problem_schema() -> Schema {
    let text = |says: &str| ObjectBuilder::new().schema_type(Type::String).description(Some(says));
    let field = ObjectBuilder::new()
        .property("field", text("Where, as lines[0].unit_price."))
        .required("field")
        .property("message", text("What was expected."))
        .required("message");
    let problem = ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::Object))
        .description(Some("What went wrong, by RFC 9457."))
        .property("type", text("A stable name of the kind of problem, urn:guichet:problem:…"))
        .required("type")
        .property("title", text("The kind in words."))
        .required("title")
        .property("status", ObjectBuilder::new().schema_type(Type::Integer).description(Some("The HTTP status.")))
        .required("status")
        .property("detail", text("What was wrong this time, and what was expected."))
        .property("errors", Array::new(field));
    Schema::Object(problem.build())
}
