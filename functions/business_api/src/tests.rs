//! What needs no table: reading requests, problems, the OpenAPI document, and the page.

use std::fmt::Write;

use axum::extract::Request;
use axum::response::IntoResponse;
use expect_test::{Expect, expect};
use function_runtime::http::Problem;
use http_body_util::BodyExt;
use serde_json::{Value, json};

use crate::http::error::ApiError;
use crate::http::json::parse_json;
use crate::http::openapi::document;
use crate::http::strict_query::parse_query;
use crate::http::validation::validate;
use crate::resources::invoices::InvoiceRequest;
use crate::resources::payments::PaymentQuery;

async fn problem_text(failure: ApiError) -> String {
    let response = failure.into_response();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let problem: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(problem["status"], json!(status.as_u16()));
    let mut out = format!("{} {}\n", status.as_u16(), problem["type"].as_str().unwrap());
    for error in problem["errors"].as_array().into_iter().flatten() {
        writeln!(out, "{}: {}", error["field"].as_str().unwrap(), error["message"].as_str().unwrap()).unwrap();
    }
    out
}

/// Compares the problem of an invalid invoice with the expected text.
async fn check(body: &str, expected: Expect) {
    let read = parse_json::<InvoiceRequest>(body.as_bytes()).and_then(|body| validate(|errors| body.read(errors)));
    expected.assert_eq(&problem_text(read.expect_err("it was accepted")).await);
}

fn invoice(change: impl FnOnce(&mut Value)) -> String {
    let mut body = json!({
        "number": "A1", "customer": "C-1", "currency": "EUR", "issued_on": "2026-03-01", "due_on": "2026-03-31",
        "lines": [{"description": "Bread", "quantity": "1", "unit_price": "1.00"}],
    });
    change(&mut body);
    body.to_string()
}

#[tokio::test]
async fn every_error_of_a_body_is_answered_at_once() {
    let good = parse_json::<InvoiceRequest>(invoice(|_| ()).as_bytes()).unwrap();
    assert!(validate(|errors| good.read(errors)).is_ok());
    check(
        &invoice(|body| {
            body["number"] = json!("");
            body["currency"] = json!("EURO");
            body["issued_on"] = json!("1 March");
            body["external_id"] = json!("inv_7");
            body["lines"][0]["quantity"] = json!("1,5");
            body["lines"][0]["tax_rate"] = json!("20%");
        }),
        expect![[r#"
            422 urn:guichet:problem:invalid
            external_id: expected an id of 1 to 200 characters without spaces, not of the form of our own ids
            number: expected an invoice number of 1 to 200 characters on one line
            currency: expected an ISO 4217 currency code with a minor unit, such as EUR or JPY
            issued_on: expected a date of the form YYYY-MM-DD
            lines[0].quantity: expected a decimal number such as 2 or 19.6, without signs, exponents or separators
            lines[0].tax_rate: expected a decimal number such as 2 or 19.6, without signs, exponents or separators
        "#]],
    )
    .await;
    check(
        &invoice(|body| {
            body["due_on"] = json!("2026-02-30");
            body["lines"] = json!([
                {"description": "", "quantity": "1", "unit_price": "1.005"},
                {"description": "x", "quantity": "1", "unit_price": "-1"},
            ]);
        }),
        expect![[r#"
            422 urn:guichet:problem:invalid
            due_on: expected a date of the form YYYY-MM-DD
            lines[0].description: expected a description of 1 to 200 characters on one line
            lines[0].unit_price: expected at most 2 digits after the decimal point
            lines[1].unit_price: expected an amount of zero or more
        "#]],
    )
    .await;
}

#[tokio::test]
async fn missing_fields_are_answered_at_their_places() {
    check(
        &invoice(|body| {
            for field in ["number", "currency", "issued_on"] {
                drop(body.as_object_mut().unwrap().remove(field));
            }
            drop(body["lines"][0].as_object_mut().unwrap().remove("quantity"));
        }),
        expect![[r#"
            422 urn:guichet:problem:invalid
            number: expected an invoice number of 1 to 200 characters on one line
            currency: expected an ISO 4217 currency code with a minor unit, such as EUR or JPY
            issued_on: expected a date of the form YYYY-MM-DD
            lines[0].quantity: expected a decimal number such as 2 or 19.6, without signs, exponents or separators
        "#]],
    )
    .await;
}

#[tokio::test]
async fn json_of_another_form_is_refused_with_its_path() {
    let bodies = [
        invoice(|body| body["total"] = json!("1.00")),
        invoice(|body| body["lines"][0]["price"] = json!("1.00")),
        invoice(|body| body["lines"][0]["unit_price"] = json!(1.5)),
        invoice(|body| body["lines"][0] = json!("Bread")),
        invoice(|body| body["lines"] = json!({})),
        invoice(|body| body["number"] = json!(true)),
        invoice(|body| body["number"] = Value::Null),
        "[]".to_owned(),
        "\"text\"".to_owned(),
    ];
    let mut all = String::new();
    for body in bodies {
        let text = problem_text(parse_json::<InvoiceRequest>(body.as_bytes()).expect_err("it was accepted")).await;
        all += text.strip_prefix("422 urn:guichet:problem:invalid\n").unwrap();
    }
    expect![[r#"
        total: unknown field `total`, expected one of `external_id`, `number`, `customer`, `currency`, `issued_on`, `due_on`, `schedule`, `lines`, `purchase_order` at line 1 column 172
        lines[0].price: unknown field `price`, expected one of `description`, `quantity`, `unit_price`, `tax_rate` at line 1 column 121
        lines[0].unit_price: invalid type: floating point `1.5`, expected a string at line 1 column 145
        lines[0]: invalid type: string …, expected an object at line 1 column 98
        lines: invalid type: map, expected a sequence at line 1 column 90
        number: invalid type: boolean `true`, expected a string at line 1 column 164
        number: invalid type: null, expected a string at line 1 column 164
        body: expected an object, got a list
        body: invalid type: string …, expected an object at line 1 column 6
    "#]].assert_eq(&all);
}

#[tokio::test]
async fn a_query_is_read_as_strictly_as_a_body() {
    async fn text_of(query: &str) -> String {
        let request = Request::builder().uri(format!("/api/v1/payments?{query}")).body(()).unwrap();
        problem_text(parse_query::<PaymentQuery>(&request.into_parts().0).expect_err("it was accepted")).await
    }
    expect![[r#"
        422 urn:guichet:problem:invalid
        custmer: unknown field `custmer`, expected one of `customer`, `limit`, `cursor`, `changed_since`
    "#]]
    .assert_eq(&text_of("custmer=1").await);
    expect![[r#"
        422 urn:guichet:problem:invalid
        query: duplicate field `customer`
    "#]]
    .assert_eq(&text_of("customer=1&customer=2").await);
}

#[tokio::test]
async fn a_body_that_is_not_json_is_a_bad_request() {
    for body in ["", "{", "{\"number\": }", "{} {}", "number=A1", "{\"number\": \"\u{1}\"}"] {
        let failure = parse_json::<serde_json::Map<String, Value>>(body.as_bytes()).expect_err(body);
        assert_eq!(problem_text(failure).await, "400 urn:guichet:problem:not_json\n", "{body:?}");
    }
}

#[tokio::test]
async fn a_request_without_a_key_gets_a_bearer_challenge() {
    let response = ApiError::unauthenticated().into_response();
    assert_eq!(response.headers()["www-authenticate"], "Bearer realm=\"guichet\"");
    assert_eq!(response.headers()["content-type"], "application/problem+json");
}

fn check_operation(path: &str, method: &str, operation: &Value) {
    assert!(!operation["summary"].as_str().unwrap_or_default().is_empty(), "{path} has no summary");
    if method == "post" {
        assert!(operation["parameters"].to_string().contains("Idempotency-Key"), "{path} has no idempotency key");
    }
    if operation["security"].is_null() {
        let problem = &operation["responses"]["default"]["content"]["application/problem+json"]["schema"]["$ref"];
        assert_eq!(problem, "#/components/schemas/Problem", "{path}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "there is a line for each route")]
fn the_document_is_openapi_3_1_and_names_every_route() {
    let document = serde_json::to_value(document()).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let mut routes = String::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let key = if operation["security"].is_null() { "key" } else { "open" };
            let tag = operation["tags"][0].as_str().unwrap();
            writeln!(routes, "{method} {path} {} {key} [{tag}]", operation["operationId"].as_str().unwrap()).unwrap();
            check_operation(path, method, operation);
        }
    }
    expect![[r#"
        get /api/docs show_docs open [This API]
        get /api/v1/audit list_audit key [Audit]
        get /api/v1/business show_business key [Business]
        patch /api/v1/business change_business key [Business]
        get /api/v1/credit-notes list_credit_notes key [Credit notes]
        post /api/v1/credit-notes issue_credit_note key [Credit notes]
        get /api/v1/credit-notes/{id} show_credit_note key [Credit notes]
        post /api/v1/credit-notes/{id}/apply apply_credit_note key [Credit notes]
        post /api/v1/credit-notes/{id}/unapply unapply_credit_note key [Credit notes]
        get /api/v1/customers list_customers key [Customers]
        post /api/v1/customers register_customer key [Customers]
        get /api/v1/customers/{id} show_customer key [Customers]
        get /api/v1/customers/{id}/balance show_balance key [Customers]
        post /api/v1/customers/{id}/credit-payouts pay_out_credit key [Unapplied and unidentified]
        get /api/v1/customers/{id}/outgoing-payments list_outgoing_payments key [Unapplied and unidentified]
        get /api/v1/customers/{id}/payment-methods list_payment_methods key [Customers]
        get /api/v1/customers/{id}/statement show_statement key [Customers]
        get /api/v1/effects list_effects key [Effects]
        post /api/v1/effects/{id}/retry retry_effect key [Effects]
        get /api/v1/exports list_exports key [Exports]
        post /api/v1/exports request_export key [Exports]
        get /api/v1/exports/journal export_journal key [Exports]
        get /api/v1/exports/payments export_payments key [Exports]
        get /api/v1/exports/{id} show_export key [Exports]
        get /api/v1/exports/{id}/file show_export_file key [Exports]
        get /api/v1/invoices list_invoices key [Invoices]
        post /api/v1/invoices issue_invoice key [Invoices]
        get /api/v1/invoices/{id} show_invoice key [Invoices]
        post /api/v1/invoices/{id}/write-off write_off key [Invoices]
        post /api/v1/invoices/{id}/write-off/take-back take_back_write_off key [Invoices]
        get /api/v1/openapi.json show_document open [This API]
        get /api/v1/outgoing-payments/{id} show_outgoing_payment key [Unapplied and unidentified]
        post /api/v1/outgoing-payments/{id}/reverse reverse_outgoing_payment key [Unapplied and unidentified]
        post /api/v1/pay-links issue_pay_link key [Pay links]
        get /api/v1/pay-links/{id} show_pay_link key [Pay links]
        get /api/v1/pay-links/{id}/qr.svg show_qr_code key [Pay links]
        post /api/v1/pay-links/{id}/revoke revoke_pay_link key [Pay links]
        get /api/v1/payments list_payments key [Payments]
        post /api/v1/payments start_payment key [Payments]
        get /api/v1/payments/{id} show_payment key [Payments]
        post /api/v1/payments/{id}/apply apply_cash key [Payments]
        post /api/v1/payments/{id}/hand-over hand_over key [Payments]
        post /api/v1/payments/{id}/move move_cash key [Payments]
        post /api/v1/payments/{id}/refunds order_refund key [Payments]
        post /api/v1/payments/{id}/refunds/{refund}/meaning answer_refund key [Payments]
        post /api/v1/payments/{id}/unapply unapply_cash key [Payments]
        get /api/v1/payouts list_payouts key [Payouts]
        get /api/v1/payouts/{id} show_payout key [Payouts]
        get /api/v1/provider-cash list_provider_cash key [Unapplied and unidentified]
        get /api/v1/provider-events list_provider_events key [Provider events]
        post /api/v1/provider-events/replay replay_provider_events key [Provider events]
        get /api/v1/provider-events/{id} show_provider_event key [Provider events]
        post /api/v1/provider-events/{id}/replay replay_provider_event key [Provider events]
        get /api/v1/reviews list_reviews key [Reviews]
        post /api/v1/reviews/{id}/close close_review key [Reviews]
        get /api/v1/unapplied list_unapplied key [Unapplied and unidentified]
        post /api/v1/unapplied/{id}/apply apply_unapplied key [Unapplied and unidentified]
        get /api/v1/unidentified list_unidentified key [Unapplied and unidentified]
        post /api/v1/unidentified/{id}/apply apply_unidentified key [Unapplied and unidentified]
        post /api/v1/unidentified/{id}/dismiss dismiss_unidentified key [Unapplied and unidentified]
        post /api/v1/unidentified/{id}/restore restore_unidentified key [Unapplied and unidentified]
        get /healthz show_health open [This API]
    "#]]
    .assert_eq(&routes);
}

#[test]
fn every_reference_in_the_document_leads_somewhere() {
    fn references(value: &Value, out: &mut Vec<String>) {
        match value {
            Value::Object(object) => {
                out.extend(object.get("$ref").and_then(Value::as_str).map(str::to_owned));
                object.values().for_each(|value| references(value, out));
            }
            Value::Array(list) => list.iter().for_each(|value| references(value, out)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let document = serde_json::to_value(document()).unwrap();
    let mut all = Vec::new();
    references(&document, &mut all);
    assert!(!all.is_empty());
    for reference in all {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference} leads nowhere");
    }
}

#[test]
fn the_schema_of_problems_is_that_of_the_problems_we_answer() {
    let problem = Problem::new(axum::http::StatusCode::NOT_FOUND, "kind", "Title").detail("d").field("f", "m");
    let problem = serde_json::to_value(problem).unwrap();
    let document = serde_json::to_value(document()).unwrap();
    let schema = &document["components"]["schemas"]["Problem"]["properties"];
    let names = |value: &Value| {
        let mut names: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        names.sort();
        names
    };
    assert_eq!(names(&problem), names(schema));
    assert_eq!(names(&problem["errors"][0]), names(&schema["errors"]["items"]["properties"]));
}

#[tokio::test]
async fn the_page_shows_every_operation_and_loads_nothing() {
    let response = crate::http::docs_page::show_docs().await;
    let page = response.into_body().collect().await.unwrap().to_bytes();
    let page = std::str::from_utf8(&page).unwrap();
    for (path, item) in serde_json::to_value(document()).unwrap()["paths"].as_object().unwrap() {
        assert!(page.contains(path), "{path} is not on the page");
        for operation in item.as_object().unwrap().values() {
            let anchor = format!("id=\"{}\"", operation["operationId"].as_str().unwrap());
            assert!(page.contains(&anchor), "{anchor}");
        }
    }
    for link in page.split("href=\"#").skip(1) {
        let anchor = link.split('"').next().unwrap();
        assert!(page.contains(&format!("id=\"{anchor}\"")), "#{anchor} leads nowhere");
    }
    for loaded in ["<script", "<link", "<img", "src=", "http:", "https:", "@import", "url("] {
        assert!(!page.contains(loaded), "the page has {loaded}");
    }
}
