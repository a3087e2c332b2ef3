//! The business that every data folder has from the start.

use function_runtime::AppState;
use receivables::BusinessId;

use crate::demo;
use crate::error::LocalError;

/// Makes the business if it is absent, and has its payments watched for events that were missed.
pub(crate) async fn ensure(state: &AppState, id: &BusinessId) -> Result<(), LocalError> {
    let store = &state.context.store;
    if store.business(id).await?.is_none() {
        let business = demo::business(id.clone()).map_err(LocalError::Demo)?;
        store.put_business(&business).await?;
    }
    operations::watch(&state.context, id, state.clock.now()).await?;
    Ok(())
}
