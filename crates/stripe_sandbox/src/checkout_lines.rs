//! The lines of a checkout session, and their sum.

use serde_json::{Value, json};

use super::api_error::ApiError;
use super::database::{Record, Transaction};
use super::form::Params;
use super::money;

const LINES_MAX: usize = 100;
const LINES_FIRST_PAGE: usize = 10;

/// One line as requested.
struct Line {
    name: String,
    description: Option<String>,
    unit_amount: i64,
    quantity: i64,
    amount: i64,
}

/// The lines of a session, all in one currency.
pub(super) struct Lines {
    each: Vec<Line>,
    pub(super) currency: String,
    pub(super) total: i64,
}

impl Lines {
    pub(super) fn take(params: &mut Params) -> Result<Self, ApiError> {
        let listed = params.list("line_items")?;
        if listed.is_empty() {
            return Err(ApiError::missing_param("line_items"));
        }
        if listed.len() > LINES_MAX {
            return Err(ApiError::invalid("line_items", format!("A session can have up to {LINES_MAX} line items.")));
        }
        let mut taken = Self { each: Vec::new(), currency: String::new(), total: 0 };
        for mut params in listed {
            let (line, currency) = Line::take(&mut params)?;
            if !taken.currency.is_empty() && taken.currency != currency {
                let message = format!("All line items must have the same currency: {}, {currency}.", taken.currency);
                return Err(ApiError::invalid(params.name("price_data"), message));
            }
            taken.currency = currency;
            taken.total = taken.total.saturating_add(line.amount);
            taken.each.push(line);
            params.finish()?;
        }
        money::check_charge(taken.total, &taken.currency, "line_items")?;
        Ok(taken)
    }

    /// The lines as Stripe lists them.
    pub(super) fn bodies(&self, transaction: &Transaction<'_>) -> Result<Vec<Value>, ApiError> {
        self.each.iter().map(|line| line.body(transaction, &self.currency)).collect()
    }
}

impl Line {
    fn take(params: &mut Params) -> Result<(Self, String), ApiError> {
        if let Some(price) = params.text("price")? {
            return Err(ApiError::no_such_in(&params.name("price"), "price", &price));
        }
        let mut price =
            params.tree("price_data")?.ok_or_else(|| ApiError::missing_param(&params.name("price_data")))?;
        let currency = money::currency(&price.required_text("currency")?, &price.name("currency"))?;
        let unit_param = price.name("unit_amount");
        let unit_amount = price.integer("unit_amount")?.ok_or_else(|| ApiError::missing_param(&unit_param))?;
        if unit_amount < 0 {
            let message = "This value must be greater than or equal to 0.";
            return Err(ApiError::coded("parameter_invalid_integer", unit_param, message));
        }
        money::check_step(unit_amount, &currency, &unit_param)?;
        let mut product =
            price.tree("product_data")?.ok_or_else(|| ApiError::missing_param(&price.name("product_data")))?;
        let name = product.required_text("name")?;
        let description = product.text("description")?;
        product.metadata()?;
        product.finish()?;
        price.finish()?;
        let quantity_param = params.name("quantity");
        let quantity = params.integer("quantity")?.ok_or_else(|| ApiError::missing_param(&quantity_param))?;
        if quantity < 1 {
            let message = "This value must be greater than or equal to 1.";
            return Err(ApiError::coded("parameter_invalid_integer", quantity_param, message));
        }
        let amount = unit_amount.saturating_mul(quantity);
        Ok((Self { name, description, unit_amount, quantity, amount }, currency))
    }

    fn body(&self, transaction: &Transaction<'_>, currency: &str) -> Result<Value, ApiError> {
        Ok(json!({
            "id": transaction.new_id("li_1", 23)?,
            "object": "item",
            "adjustable_quantity": null,
            "amount_discount": 0,
            "amount_subtotal": self.amount,
            "amount_tax": 0,
            "amount_total": self.amount,
            "currency": currency,
            "description": self.description.as_ref().unwrap_or(&self.name),
            "metadata": {},
            "price": {
                "id": transaction.new_id("price_1", 23)?,
                "object": "price",
                "active": false,
                "billing_scheme": "per_unit",
                "created": transaction.now.as_second(),
                "currency": currency,
                "custom_unit_amount": null,
                "livemode": false,
                "lookup_key": null,
                "metadata": {},
                "nickname": null,
                "product": transaction.new_id("prod_", 14)?,
                "recurring": null,
                "tax_behavior": "unspecified",
                "tiers_mode": null,
                "transform_quantity": null,
                "type": "one_time",
                "unit_amount": self.unit_amount,
                "unit_amount_decimal": self.unit_amount.to_string(),
            },
            "quantity": self.quantity,
            "shown_as": self.name,
        }))
    }
}

/// The lines of a session for the hosted page: name, quantity, amount.
pub(super) fn shown(session: &Record) -> Vec<(String, i64, i64)> {
    let lines = session.internal["lines"].as_array().into_iter().flatten();
    let shown = lines.map(|line| {
        let name = line["shown_as"].as_str().unwrap_or_default().to_owned();
        (name, line["quantity"].as_i64().unwrap_or_default(), line["amount_total"].as_i64().unwrap_or_default())
    });
    shown.collect()
}

/// What `expand[]=line_items` puts into a session.
pub(super) fn first_page(transaction: &Transaction<'_>, session: &str) -> Result<Value, ApiError> {
    page(transaction, session, LINES_FIRST_PAGE, None)
}

pub(super) fn page(
    transaction: &Transaction<'_>,
    session: &str,
    limit: usize,
    starting_after: Option<&str>,
) -> Result<Value, ApiError> {
    let record = transaction.need("checkout.session", session, "session")?;
    let lines = record.internal["lines"].as_array().map(Vec::as_slice).unwrap_or_default();
    let from = match starting_after {
        None => 0,
        Some(id) => {
            1 + lines
                .iter()
                .position(|line| line["id"] == id)
                .ok_or_else(|| ApiError::no_such_in("starting_after", "item", id))?
        }
    };
    let mut data: Vec<Value> = lines.iter().skip(from).take(limit).cloned().collect();
    for line in data.iter_mut().filter_map(Value::as_object_mut) {
        line.remove("shown_as");
    }
    let has_more = lines.len() > from + data.len();
    let url = format!("/v1/checkout/sessions/{session}/line_items");
    Ok(json!({ "object": "list", "data": data, "has_more": has_more, "url": url }))
}
