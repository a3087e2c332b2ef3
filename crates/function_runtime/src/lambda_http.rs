//! Answering requests on Lambda.
//!
//! Strangers write addresses. What is no address to `http`, a bare `<` in a query for one, would make the adapter between
//! events and requests panic before any code of ours is reached, and a panic ends the process. So queries are put in order
//! first.

use axum::Router;
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Error, LambdaEvent, Service, service_fn};

/// What a query may hold beside letters and digits, percent encoding included.
const IN_QUERIES: &[u8] = b"-._~!$&'()*+,;=:@/?%[]";

/// Answers requests for as long as the process lives.
pub async fn answer(router: Router) -> Result<(), Error> {
    lambda_http::lambda_runtime::run(service_fn(move |mut event: LambdaEvent<LambdaRequest>| {
        if let LambdaRequest::ApiGatewayV2(request) = &mut event.payload {
            request.raw_query_string = request.raw_query_string.as_deref().map(in_order);
        }
        Adapter::from(router.clone()).call(event)
    }))
    .await
}

/// A query with everything that it may not hold in percent encoding.
fn in_order(query: &str) -> String {
    let encoded = |byte: u8| {
        if byte.is_ascii_alphanumeric() || IN_QUERIES.contains(&byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    query.bytes().map(encoded).collect()
}

#[cfg(test)]
mod tests {
    use super::in_order;

    #[test]
    fn a_query_is_changed_only_where_it_is_none() {
        assert_eq!(in_order("a=1&b=%20+x;c=[d]"), "a=1&b=%20+x;c=[d]");
        assert_eq!(in_order("x=<y> é#\u{0}"), "x=%3Cy%3E%20%C3%A9%23%00");
        let all: String = (0..=char::from(255).into()).filter_map(char::from_u32).collect();
        assert!(format!("/?{}", in_order(&all)).parse::<axum::http::Uri>().is_ok());
    }
}
