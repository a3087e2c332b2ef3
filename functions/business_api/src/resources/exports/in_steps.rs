//! Exports of any size: asked for, made in steps, and then a file.

use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use function_runtime::http::Problem;
use futures::stream::{self, StreamExt};
use operations::NewExport;
use receivables::{CustomerId, ExportId};
use serde::{Deserialize, Serialize};
use store::{Export, ExportFormat, ExportKind};
use utoipa::{IntoParams, ToSchema};

use super::{Period, read_period};
use crate::http::auth::Caller;
use crate::http::error::ApiError;
use crate::http::idempotency::IdempotentRequest;
use crate::http::pagination::{ListResponse, ListScope};
use crate::http::response::ApiResponse;
use crate::http::strict_query::StrictQuery;
use crate::http::validation::{FieldErrors, unknown_reference, validate};
use crate::resources::customers::customer_id_of;

/// An export to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ExportRequest)]
pub(crate) struct ExportBody {
    /// `journal`, `payments` or `statement`.
    #[serde(default)]
    #[schema(required)]
    kind: String,
    /// The first day, YYYY-MM-DD.
    #[serde(default)]
    #[schema(required, format = "date")]
    from: String,
    /// The last day, YYYY-MM-DD. The period may have up to 366 days.
    #[serde(default)]
    #[schema(required, format = "date")]
    to: String,
    /// Whose statement it is: the customer's id, or your `external_id`. Only of a statement.
    customer: Option<String>,
    /// `json` or `csv`. Default: `json`.
    format: Option<String>,
}

/// An export, and how far it is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Export)]
pub(crate) struct ExportResponse {
    /// The export's id.
    id: String,
    /// `journal`, `payments` or `statement`.
    kind: &'static str,
    /// Whose statement it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    customer: Option<String>,
    /// The first day.
    #[schema(format = "date")]
    from: String,
    /// The last day.
    #[schema(format = "date")]
    to: String,
    /// `json` or `csv`.
    format: &'static str,
    /// `making`; `ready` once the file is whole; `failed` if the last step failed, which is tried again until the export expires.
    status: &'static str,
    /// Why the last step failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    failure: Option<String>,
    /// The rows so far.
    rows: u64,
    /// Whatever was entered in the period before this instant is in the file; later entries may be missing. It is three minutes
    /// before the request, or the end of the period if that is earlier.
    #[schema(format = "date-time")]
    complete_until: String,
    /// When it was asked for.
    #[schema(format = "date-time")]
    requested_at: String,
    /// When the file is removed.
    #[schema(format = "date-time")]
    expires_at: String,
    /// The address of the file, which takes an API key as any other. Null until the file is whole.
    #[schema(required)]
    url: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportListQuery {
    /// Items per page, 1 to 100. Default: 50.
    #[param(value_type = u32, required = false, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
}

impl ExportBody {
    fn read(&self, errors: &mut FieldErrors) -> Option<Period> {
        let is_statement = self.kind == "statement";
        if !is_statement && ExportKind::of_word(&self.kind, None).is_none() {
            errors.add("kind", "expected journal, payments or statement");
        }
        if is_statement != self.customer.is_some() {
            errors.add("customer", "expected a customer for a statement, and none for anything else");
        }
        read_period(&self.from, &self.to, self.format.as_deref(), errors)
    }
}

impl ExportResponse {
    fn of(caller: &Caller, export: &Export) -> Self {
        let status = match (&export.ready_at, &export.why) {
            (Some(_), _) => "ready",
            (None, Some(_)) => "failed",
            (None, None) => "making",
        };
        let origin = caller.state.context.links.origin();
        Self {
            id: export.id.to_string(),
            kind: export.kind.as_str(),
            customer: export.kind.customer().map(CustomerId::to_string),
            from: export.from.to_string(),
            to: export.to.to_string(),
            format: export.format.as_str(),
            status,
            failure: export.why.clone(),
            rows: export.rows,
            complete_until: export.complete_until.to_string(),
            requested_at: export.requested_at.to_string(),
            expires_at: export.expires_at.to_string(),
            url: export.ready_at.map(|_| format!("{origin}/api/v1/exports/{}/file", export.id)),
        }
    }
}

/// Ask for an export of any size
///
/// The file is made in steps, for as long as it takes; `GET /api/v1/exports/{id}` says how far it is and then where the file is. It
/// has the same rows as the export that is answered at once: of the journal first the ledger's entries and then the provider's
/// transactions, each by day; of a statement the lines of all currencies by day, after the opening balances and before the closing
/// ones. Files are kept for 90 days. A deployment without object storage answers 501.
#[utoipa::path(
    post, path = "/api/v1/exports", tag = "Exports", request_body = ExportBody,
    responses((status = 202, description = "It is being made.", body = ExportResponse))
)]
pub(crate) async fn request_export(request: IdempotentRequest) -> Result<Response, ApiError> {
    let body: ExportBody = request.json()?;
    request
        .run_once(async move |run| {
            let period = validate(|errors| body.read(errors))?;
            if run.context().object_storage.is_none() {
                return Err(not_available());
            }
            let customer = match &body.customer {
                Some(named) => Some(
                    customer_id_of(&run.caller, named)
                        .await?
                        .ok_or_else(|| unknown_reference("customer", "expected a customer that is registered"))?,
                ),
                None => None,
            };
            let kind = ExportKind::of_word(&body.kind, customer).ok_or_else(ApiError::not_found)?;
            let Period { from, to, format } = period;
            let new = NewExport { id: run.export_id(), kind, format, from, to };
            let export = operations::request_export(run.context(), &run.caller.business, new, run.caller.now).await?;
            ApiResponse::json(StatusCode::ACCEPTED, &ExportResponse::of(&run.caller, &export))
        })
        .await
}

fn not_available() -> ApiError {
    let title = "This deployment makes no files";
    let problem = Problem::new(StatusCode::NOT_IMPLEMENTED, "no_object_storage", title);
    let detail = "it has no object storage; export shorter periods, which are answered at once";
    ApiError::from(problem.detail(detail)).decided_anew()
}

/// List exports, newest first
#[utoipa::path(
    get, path = "/api/v1/exports", tag = "Exports", params(ExportListQuery),
    responses((status = 200, description = "A page of exports.", body = ListResponse<ExportResponse>))
)]
pub(crate) async fn list_exports(
    caller: Caller,
    StrictQuery(query): StrictQuery<ExportListQuery>,
) -> Result<ApiResponse, ApiError> {
    let list = ListScope::new(&caller, "exports", &[]);
    let page = validate(|errors| list.page(query.limit.as_deref(), query.cursor.as_deref(), errors))?;
    let exports = caller.store().exports(caller.business_id(), &page).await?;
    ApiResponse::ok(&list.respond(exports, |export| ExportResponse::of(&caller, &export)))
}

/// Show an export, and how far it is
#[utoipa::path(
    get, path = "/api/v1/exports/{id}", tag = "Exports",
    params(("id" = String, Path, description = "The export's id.")),
    responses((status = 200, description = "The export.", body = ExportResponse))
)]
pub(crate) async fn show_export(caller: Caller, Path(id): Path<String>) -> Result<ApiResponse, ApiError> {
    let export = load(&caller, &id).await?;
    ApiResponse::ok(&ExportResponse::of(&caller, &export))
}

async fn load(caller: &Caller, id: &str) -> Result<Export, ApiError> {
    let id: ExportId = id.parse().map_err(|_| ApiError::not_found())?;
    caller.store().export(caller.business_id(), &id).await?.ok_or_else(ApiError::not_found)
}

/// Get the file of an export
///
/// Until the file is whole the answer is 409.
#[utoipa::path(
    get, path = "/api/v1/exports/{id}/file", tag = "Exports",
    params(("id" = String, Path, description = "The export's id.")),
    responses((status = 200, description = "The file.", content(
        (Object = "application/json"),
        (String = "text/csv"),
    )))
)]
pub(crate) async fn show_export_file(caller: Caller, Path(id): Path<String>) -> Result<Response, ApiError> {
    let export = load(&caller, &id).await?;
    if export.ready_at.is_none() {
        let problem = Problem::new(StatusCode::CONFLICT, "not_ready", "The file is still being made");
        return Err(problem.detail(format!("it has {} rows so far; try again", export.rows)).into());
    }
    let (storage, parts) = operations::export_file(&caller.state.context, &export.business, &export.id).await?;
    // A part that is missing ends the answer in the middle: the client sees that it is not whole.
    let bodies = stream::iter(parts).then(move |part| {
        let storage = storage.clone();
        async move {
            let bytes = storage.get(&part.object).await.map_err(std::io::Error::other)?;
            bytes.ok_or_else(|| std::io::Error::other("a part of an export is missing"))
        }
    });
    let mut response = Response::new(Body::from_stream(bodies));
    let content_type = match export.format {
        ExportFormat::Json => "application/json",
        ExportFormat::Csv => "text/csv; charset=utf-8",
    };
    let name = format!("{}-{}-{}.{}", export.kind.as_str(), export.from, export.to, export.format.as_str());
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CONTENT_DISPOSITION, disposition.unwrap_or(HeaderValue::from_static("attachment")));
    Ok(response)
}
