//! Customers.

use serde_json::{Value, json};

use super::api_error::ApiError;
use super::database::{Record, Transaction};
use super::form::Params;
use super::listing::{self, Page};
use super::payment_methods;

const ADDRESS_FIELDS: &[&str] = &["city", "country", "line1", "line2", "postal_code", "state"];

pub(super) fn create(transaction: &mut Transaction<'_>, mut params: Params) -> Result<Value, ApiError> {
    let email = params.text("email")?;
    let name = params.text("name")?;
    let phone = params.text("phone")?;
    let description = params.text("description")?;
    let metadata = params.metadata()?;
    let preferred_locales = params.texts("preferred_locales")?;
    let tax_exempt = params.choice("tax_exempt", &["exempt", "none", "reverse"])?.unwrap_or("none");
    let address = match params.tree("address")? {
        Some(address) => take_address(address)?,
        None => Value::Null,
    };
    params.finish()?;
    let id = transaction.new_id("cus_", 14)?;
    let body = json!({
        "id": id,
        "object": "customer",
        "address": address,
        "balance": 0,
        "created": transaction.now.as_second(),
        "currency": null,
        "default_source": null,
        "delinquent": false,
        "description": description,
        "discount": null,
        "email": email,
        "invoice_prefix": transaction.new_id("", 8)?.to_ascii_uppercase(),
        "invoice_settings": {
            "custom_fields": null, "default_payment_method": null, "footer": null, "rendering_options": null
        },
        "livemode": false,
        "metadata": metadata,
        "name": name,
        "next_invoice_sequence": 1,
        "phone": phone,
        "preferred_locales": preferred_locales,
        "shipping": null,
        "tax_exempt": tax_exempt,
        "test_clock": null,
    });
    let customer = Record { body, internal: Value::Null };
    transaction.put(&customer)?;
    transaction.emit("customer.created", &customer.body)?;
    Ok(customer.body)
}

fn take_address(mut params: Params) -> Result<Value, ApiError> {
    let mut address = json!({});
    for field in ADDRESS_FIELDS {
        address[*field] = json!(params.text(field)?);
    }
    params.finish()?;
    Ok(address)
}

/// A customer that can be changed: a deleted one can only be read.
pub(super) fn need_live(transaction: &Transaction<'_>, id: &str) -> Result<Record, ApiError> {
    let found = transaction.find("customer", id)?.filter(|customer| customer.body["deleted"] != true);
    found.ok_or_else(|| ApiError::no_such_in("customer", "customer", id))
}

/// Deletes everything about a customer except that they existed, and detaches their methods.
pub(super) fn delete(transaction: &mut Transaction<'_>, id: &str, params: Params) -> Result<Value, ApiError> {
    params.finish()?;
    let customer = need_live(transaction, id)?;
    payment_methods::detach_all(transaction, id)?;
    let body = json!({ "id": id, "object": "customer", "deleted": true });
    transaction.put(&Record { body: body.clone(), internal: Value::Null })?;
    transaction.emit("customer.deleted", &customer.body)?;
    Ok(body)
}

pub(super) fn list(transaction: &Transaction<'_>, mut params: Params) -> Result<Value, ApiError> {
    let page = Page::take(&mut params)?;
    let email = params.text("email")?;
    params.finish()?;
    listing::list(transaction, "customer", "/v1/customers", &page, |customer| {
        customer["deleted"] != true && listing::matches(email.as_deref(), &customer["email"])
    })
}
