//! Stripe's parameters for a checkout.
//!
//! Deliberately absent: `ui_mode` and `payment_method_types`, whose meaning changed between API versions (the account's own
//! settings decide which methods there are); the allocations, which are in our table; anything about the payer except their
//! address.

use std::collections::HashMap;

use receivables::{BusinessId, Locale, Money, PaymentId};
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionAdaptivePricing, CreateCheckoutSessionLineItems,
    CreateCheckoutSessionLineItemsPriceData, CreateCheckoutSessionPaymentIntentData,
    CreateCheckoutSessionSavedPaymentMethodOptions, CreateCheckoutSessionSavedPaymentMethodOptionsPaymentMethodSave,
    ProductData,
};
use stripe_checkout::{CheckoutSessionLocale, CheckoutSessionMode};
use stripe_client_core::{RequestBuilder, StripeRequest};

use crate::orders::CheckoutOrder;
use crate::request_error::OrderError;
use crate::stripe::currency::{CurrencyRule, to_stripe};
use crate::stripe::reports::{METADATA_BUSINESS, METADATA_PAYMENT};

/// Lines shown one by one; more are shown as a single line.
pub const LINES_MAX: usize = 40;

/// Characters of the single line that stands for many invoices; Stripe takes 250 for the name of a product.
const SUMMARY_CHARS_MAX: usize = 240;

/// Stripe's parameters for a checkout.
pub(super) fn checkout_request(order: &CheckoutOrder) -> Result<RequestBuilder, OrderError> {
    let metadata = named(&order.payment, &order.business);
    let mut request = CreateCheckoutSession::new()
        .mode(CheckoutSessionMode::Payment)
        .client_reference_id(order.payment.as_str())
        .metadata(metadata.clone())
        // A session's metadata is not copied to its intent.
        .payment_intent_data(CreateCheckoutSessionPaymentIntentData {
            metadata: Some(metadata),
            ..CreateCheckoutSessionPaymentIntentData::new()
        })
        // Money in another currency than the invoices' could not be applied to them.
        .adaptive_pricing(CreateCheckoutSessionAdaptivePricing { enabled: Some(false) })
        .locale(locale(order.locale))
        .success_url(order.success_url.as_str())
        .cancel_url(order.cancel_url.as_str())
        .line_items(line_items(order)?);
    if let Some(at) = order.expires_at {
        request = request.expires_at(at.as_second());
    }
    if let Some(customer) = &order.customer {
        // Only a customer can save a method. Stripe's guide passes a customer, or creates one for every payer, which would keep
        // cards that nobody could ever charge.
        request = request.customer(customer.as_str()).saved_payment_method_options(
            CreateCheckoutSessionSavedPaymentMethodOptions {
                payment_method_save: Some(CreateCheckoutSessionSavedPaymentMethodOptionsPaymentMethodSave::Enabled),
                ..CreateCheckoutSessionSavedPaymentMethodOptions::new()
            },
        );
    } else if let Some(address) = &order.customer_email {
        request = request.customer_email(address.as_str());
    }
    Ok(in_one_order(request.build()))
}

fn line_items(order: &CheckoutOrder) -> Result<Vec<CreateCheckoutSessionLineItems>, OrderError> {
    let total = Money::sum(order.currency, order.lines.iter().map(|(_, amount)| *amount))?;
    if order.lines.is_empty() {
        Err(OrderError::NoLines)
    } else if order.lines.len() > LINES_MAX {
        let labels: Vec<&str> = order.lines.iter().map(|(label, _)| label.as_str()).collect();
        Ok(vec![line_item(&shortened(&labels.join(", "), SUMMARY_CHARS_MAX), total)?])
    } else {
        order.lines.iter().map(|(label, amount)| line_item(label, *amount)).collect()
    }
}

/// A text, cut to a number of characters.
fn shortened(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    text.chars().take(chars_max.saturating_sub(1)).chain(['…']).collect()
}

fn line_item(label: &str, amount: Money) -> Result<CreateCheckoutSessionLineItems, OrderError> {
    let unit_amount = to_stripe(amount)?;
    let currency = currency(amount)?;
    let price = CreateCheckoutSessionLineItemsPriceData {
        currency,
        product: None,
        product_data: Some(ProductData::new(label)),
        recurring: None,
        tax_behavior: None,
        unit_amount: Some(unit_amount),
        unit_amount_decimal: None,
    };
    Ok(CreateCheckoutSessionLineItems {
        price_data: Some(price),
        quantity: Some(1),
        ..CreateCheckoutSessionLineItems::new()
    })
}

/// The metadata that marks an object, and all that it causes, as ours.
pub(super) fn named(payment: &PaymentId, business: &BusinessId) -> HashMap<String, String> {
    HashMap::from([
        (METADATA_PAYMENT.to_owned(), payment.to_string()),
        (METADATA_BUSINESS.to_owned(), business.to_string()),
    ])
}

/// An amount's currency, as Stripe writes it.
pub(super) fn currency(amount: Money) -> Result<stripe_types::Currency, CurrencyRule> {
    let code = amount.currency().code().to_ascii_lowercase();
    code.parse().map_err(|_| CurrencyRule::NotAtStripe(amount.currency()))
}

/// Stripe's nearest language: it has no Canadian English, and its British English is no nearer.
fn locale(locale: Locale) -> CheckoutSessionLocale {
    match locale {
        Locale::English | Locale::EnglishCanada => CheckoutSessionLocale::En,
        Locale::French => CheckoutSessionLocale::Fr,
        Locale::FrenchCanada => CheckoutSessionLocale::FrMinusCa,
    }
}

/// The builder writes metadata in an order that changes from call to call. A retry under the same idempotency key, perhaps by
/// another process, should send the same bytes, so metadata goes last and sorted. The lines keep their order.
pub(super) fn in_one_order(mut request: RequestBuilder) -> RequestBuilder {
    request.body = request.body.map(|body| {
        let (mut metadata, mut pairs): (Vec<&str>, Vec<&str>) = body.split('&').partition(|pair| is_metadata(pair));
        metadata.sort_unstable();
        pairs.append(&mut metadata);
        pairs.join("&")
    });
    request
}

fn is_metadata(pair: &str) -> bool {
    pair.split('=').next().is_some_and(|name| name.contains("metadata"))
}
