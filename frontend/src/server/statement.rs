//! The statement, as a page and as a file made of the same view.

use axum::extract::Query;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use receivables::Customer;
use serde::Deserialize;

use super::failure::Failure;
use super::visit::SignedIn;
use crate::components::Place;
use crate::pages::statement::statement_page;
use crate::pages::trouble::Trouble;
use crate::views::statement::{Period, StatementView, statement_view, to_csv};

#[derive(Deserialize)]
pub(crate) struct Asked {
    from: Option<String>,
    to: Option<String>,
}

/// `GET /statement`
pub(crate) async fn show_statement(signed_in: SignedIn, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let today = signed_in.visit.today();
    let period = Period::asked(asked.from.as_deref(), asked.to.as_deref(), today);
    let (customer, mut view) = Box::pin(read(&signed_in, period.unwrap_or(Period::usual(today)))).await?;
    view.bad_period = period.is_none();
    let status = if view.bad_period { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let visit = signed_in.visit;
    let reader = visit.reader_for(&customer);
    Ok(visit.page(status, reader, Some(Place::Statement), statement_page(reader, &view)))
}

/// `GET /statement.csv`
pub(crate) async fn download_statement(signed_in: SignedIn, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let today = signed_in.visit.today();
    let period = Period::asked(asked.from.as_deref(), asked.to.as_deref(), today).ok_or(Trouble::Unreadable)?;
    let (_, view) = Box::pin(read(&signed_in, period)).await?;
    let file = to_csv(&view).map_err(|error| {
        tracing::error!(error = %error, "a statement could not be written as a file");
        Trouble::Defect
    })?;
    let name = format!("attachment; filename=\"statement-{}-{}.csv\"", period.from, period.to);
    let kind = HeaderValue::from_static("text/csv; charset=utf-8");
    let name = HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment"));
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)], file).into_response())
}

async fn read(signed_in: &SignedIn, period: Period) -> Result<(Customer, StatementView), Failure> {
    let (visit, customer) = (&signed_in.visit, &signed_in.session.customer);
    let (store, business) = (&visit.rooms().store, &visit.business);
    // A day earlier than the first in any zone; the books leave out what came before the period.
    let since = period.from.yesterday().ok().and_then(|day| day.to_zoned(TimeZone::UTC).ok());
    let since = since.map_or(Timestamp::MIN, |day| day.timestamp());
    let (customer, sums, entries) = tokio::try_join!(
        store.customer(&business.id, customer),
        store.account(&business.id, customer),
        store.entries_since(&business.id, customer, since),
    )?;
    let customer = customer.ok_or(Trouble::NotFound)?;
    let view = statement_view(&sums, &entries, period, visit.today(), &business.time_zone)?;
    Ok((customer, view))
}
