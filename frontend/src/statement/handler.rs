//! The statement, as a page and as a file made of the same view.

use axum::extract::Query;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use receivables::Customer;
use receivables::statement::{QueryFault, QueryTexts, StatementQuery, StatementView, statement_view};
use serde::Deserialize;

use crate::components::Place;
use crate::error_page::page::Trouble;
use crate::failure::Failure;
use crate::request_context::SignedIn;
use crate::statement::page::statement_page;
use crate::statement::view::StatementPage;

#[derive(Deserialize)]
pub(crate) struct Asked {
    from: Option<String>,
    to: Option<String>,
    kind: Option<String>,
    as_of: Option<String>,
    cursor: Option<String>,
}

impl Asked {
    fn read(&self, signed_in: &SignedIn) -> Result<StatementQuery, Vec<QueryFault>> {
        let texts = QueryTexts {
            from: self.from.as_deref(),
            to: self.to.as_deref(),
            as_of: self.as_of.as_deref(),
            kind: self.kind.as_deref(),
            edges: None,
            place: self.cursor.as_deref(),
        };
        StatementQuery::read(&texts, signed_in.visit.today())
    }
}

/// `GET /statement`
pub(crate) async fn show_statement(signed_in: SignedIn, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let (ask, faults) = match asked.read(&signed_in) {
        Ok(ask) => (ask, Vec::new()),
        Err(faults) => (StatementQuery::usual(signed_in.visit.today()), faults),
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let (customer, view) = Box::pin(read(&signed_in, &ask)).await?;
    let page = StatementPage { view, faults };
    let visit = signed_in.visit;
    let reader = visit.reader_for(&customer);
    Ok(visit.page(status, reader, Some(Place::Statement), statement_page(reader, &page)))
}

/// `GET /statement.csv`
pub(crate) async fn download_statement(signed_in: SignedIn, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let ask = asked.read(&signed_in).map_err(|_| Trouble::Unreadable)?.whole();
    let (_, view) = Box::pin(read(&signed_in, &ask)).await?;
    let name = format!("attachment; filename=\"{}\"", view.file_name());
    let kind = HeaderValue::from_static("text/csv; charset=utf-8");
    let name = HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment"));
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)], view.to_csv()).into_response())
}

async fn read(signed_in: &SignedIn, ask: &StatementQuery) -> Result<(Customer, StatementView), Failure> {
    let (visit, customer) = (&signed_in.visit, &signed_in.session.customer);
    let (store, business) = (&visit.context().store, &visit.business);
    let zone = &business.time_zone;
    let (customer, read) =
        tokio::try_join!(store.customer(&business.id, customer), store.statement(&business.id, customer, ask, zone),)?;
    let customer = customer.ok_or(Trouble::NotFound)?;
    Ok((customer, statement_view(ask, &read, zone)?))
}
