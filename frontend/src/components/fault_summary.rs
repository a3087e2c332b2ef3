//! What is wrong with a form, shown above it.

use leptos::prelude::*;

/// The summary above a form: focused when the page opens, and linked to the field at fault where there is one.
pub(crate) fn fault_summary(
    title: &'static str,
    field: Option<&'static str>,
    message: String,
) -> impl IntoView + use<> {
    let message = match field {
        Some(field) => view! { <a href=format!("#{field}")>{message}</a> }.into_any(),
        None => message.into_any(),
    };
    view! {
        <div class="notice late" role="alert" tabindex="-1" autofocus>
            <h2>{title}</h2>
            <p>{message}</p>
        </div>
    }
}
