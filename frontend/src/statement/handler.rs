//! The statement, as a page and as a file made of the same view.

use axum::extract::Query;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use receivables::Customer;
use receivables::statement::{QueryFault, QueryTexts, StatementQuery, StatementView, statement_view};
use serde::Deserialize;

use crate::components::NavItem;
use crate::error_page::page::ErrorPage;
use crate::failure::Failure;
use crate::request_context::ClaimsSession;
use crate::statement::page::statement_page;
use crate::statement::view::StatementPage;

/// What the cursors of the statement are sealed for.
const CURSOR: &str = "statement";

#[derive(Deserialize)]
pub(crate) struct StatementParameters {
    from: Option<String>,
    to: Option<String>,
    kind: Option<String>,
    as_of: Option<String>,
    cursor: Option<String>,
}

impl StatementParameters {
    fn read(&self, claims: &ClaimsSession) -> Result<StatementQuery, Vec<QueryFault>> {
        let cursor = self.cursor.as_deref().map(|sealed| claims.open_cursor(CURSOR, sealed));
        let texts = QueryTexts {
            from: self.from.as_deref(),
            to: self.to.as_deref(),
            as_of: self.as_of.as_deref(),
            kind: self.kind.as_deref(),
            edges: None,
            place: cursor.as_ref().and_then(Option::as_deref),
        };
        let query = StatementQuery::read(&texts, claims.request().today());
        if cursor != Some(None) {
            return query;
        }
        // The cursor was tampered with.
        let mut faults = query.err().unwrap_or_default();
        faults.push(QueryFault::Cursor);
        Err(faults)
    }
}

/// `GET /statement`
pub(crate) async fn show_statement(
    claims: ClaimsSession,
    Query(parameters): Query<StatementParameters>,
) -> Result<Response, Failure> {
    let (query, faults) = match parameters.read(&claims) {
        Ok(query) => (query, Vec::new()),
        Err(faults) => (StatementQuery::usual(claims.request().today()), faults),
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let (customer, view) = Box::pin(load(&claims, &query)).await?;
    let next_cursor = view.next.as_ref().map(|cursor| claims.seal_cursor(CURSOR, &cursor.to_string()));
    let page = StatementPage { view, faults, next_cursor };
    let request = claims.request();
    let localizer = request.localizer_for(&customer);
    Ok(request.page(status, localizer, Some(NavItem::Statement), statement_page(localizer, &page)))
}

/// `GET /statement.csv`
pub(crate) async fn download_statement(
    claims: ClaimsSession,
    Query(parameters): Query<StatementParameters>,
) -> Result<Response, Failure> {
    let query = parameters.read(&claims).map_err(|_| ErrorPage::Unreadable)?.whole();
    let (_, view) = Box::pin(load(&claims, &query)).await?;
    let name = format!("attachment; filename=\"{}\"", view.file_name());
    let kind = HeaderValue::from_static("text/csv; charset=utf-8");
    let name = HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment"));
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)], view.to_csv()).into_response())
}

async fn load(claims: &ClaimsSession, query: &StatementQuery) -> Result<(Customer, StatementView), Failure> {
    let (request, customer) = (claims.request(), claims.customer());
    let (store, business) = (&request.context().store, &request.business);
    let read = Box::pin(async {
        tokio::try_join!(store.customer(&business.id, customer), store.statement(&business.id, customer, query))
    });
    let (customer, data) = claims.and(read).await?;
    let customer = customer.ok_or(ErrorPage::NotFound)?;
    Ok((customer, statement_view(query, &data)?))
}
