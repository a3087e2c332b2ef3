//! The business that the API key belongs to.

use std::collections::BTreeMap;

use axum::response::Response;
use receivables::business::SettingsChange;
use receivables::not_ours::{NOT_OURS_RULES_MAX, NotOursRule, RULE_CHARS_MAX};
use receivables::write_off::tolerance_max;
use receivables::{Business, Currency, Money, OutsidePayments, ProviderRefunds};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::auth::Caller;
use crate::http::error::ApiError;
use crate::http::idempotency::IdempotentRequest;
use crate::http::response::ApiResponse;
use crate::http::validation::{FieldErrors, validate};
use crate::resources::reason::parse_reason;

/// The business that the API key belongs to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Business)]
pub(crate) struct BusinessResponse {
    /// Guichet's id of the business.
    id: String,
    /// The name shown to customers.
    name: String,
    /// The ISO 4217 code of the currency used where none is given.
    default_currency: String,
    /// The IANA name of its time zone, by which its dates are counted.
    time_zone: String,
    /// The locales it uses with customers, the default first.
    locales: Vec<&'static str>,
    /// The sender address of its mail, to which customers may write.
    email: String,
    /// By currency, the most that may be written off of one invoice. Nothing may be written off in other currencies.
    write_off_tolerances: BTreeMap<String, String>,
    /// What becomes of a known customer's payment that another program made at the provider and that names no invoice: `apply`,
    /// `propose` or `ignore`.
    outside_payments: &'static str,
    /// What a refund means that was made at the payment provider and not ordered here: `ask`, `credits` or `reopens`.
    provider_refunds: &'static str,
    /// Which money at the payment provider is no matter of the portal.
    not_ours: Vec<NotOursRuleShape>,
    /// Whether the business is named the owner of its account at the payment provider, which others may share.
    owns_provider_account: bool,
}

const RULE_EXPECTED: &str =
    "expected one of metadata, description_contains and statement_descriptor, with 1 to 100 characters in each text";

/// A rule about money that is not yours to collect here: exactly one of its members.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
#[schema(as = NotOursRule)]
pub(crate) struct NotOursRuleShape {
    /// The object at the provider has this key in its metadata.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    metadata: Option<MetadataRuleShape>,
    /// The description of the object contains this text, in small letters or capitals.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    description_contains: Option<String>,
    /// The statement descriptor of the object is this text, in small letters or capitals.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    statement_descriptor: Option<String>,
}

/// A key of metadata.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
#[schema(as = MetadataRule)]
pub(crate) struct MetadataRuleShape {
    /// The key.
    #[serde(default)]
    #[schema(required, example = "order_id")]
    key: String,
    /// Its value. Default: any.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    value: Option<String>,
}

impl NotOursRuleShape {
    fn of(rule: &NotOursRule) -> Self {
        let (mut metadata, mut description_contains, mut statement_descriptor) = (None, None, None);
        match rule {
            NotOursRule::Metadata { key, value } => {
                metadata = Some(MetadataRuleShape { key: key.clone(), value: value.clone() });
            }
            NotOursRule::DescriptionContains(text) => description_contains = Some(text.clone()),
            NotOursRule::StatementDescriptor(text) => statement_descriptor = Some(text.clone()),
        }
        Self { metadata, description_contains, statement_descriptor }
    }

    /// The rule; none where it is no rule.
    fn rule(&self) -> Option<NotOursRule> {
        let fits = |text: &String| (1..=RULE_CHARS_MAX).contains(&text.trim().chars().count());
        match (&self.metadata, &self.description_contains, &self.statement_descriptor) {
            (Some(MetadataRuleShape { key, value }), None, None) => {
                let rule = NotOursRule::Metadata { key: key.clone(), value: value.clone() };
                (fits(key) && value.as_ref().is_none_or(fits)).then_some(rule)
            }
            (None, Some(text), None) => fits(text).then(|| NotOursRule::DescriptionContains(text.trim().to_owned())),
            (None, None, Some(text)) => fits(text).then(|| NotOursRule::StatementDescriptor(text.trim().to_owned())),
            _ => None,
        }
    }
}

/// The settings to change. Those left out stay as they are.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
#[schema(as = BusinessChange)]
pub(crate) struct BusinessChangeRequest {
    /// By currency, the most that may be written off of one invoice: up to one unit of the currency, or 100 of a currency without
    /// a minor unit. Replaces all previous tolerances.
    #[schema(example = json!({"EUR": "0.50"}))]
    write_off_tolerances: Option<BTreeMap<String, String>>,
    /// What becomes of payments that your other programs make at the payment provider, such as orders of a web shop. `apply`: a known
    /// customer's payment covers what is due first. `propose`: it is kept on their account, listed under `/unapplied`, and no receipt is sent for it.
    /// `ignore`: it is no matter of the portal, and nor is that of an unknown payer. In any case a payment whose metadata names an invoice
    /// (`guichet_invoice`: its id or number) is for that invoice, and a known customer's bank transfer covers what is due first.
    #[schema(example = "propose")]
    outside_payments: Option<String>,
    /// What a refund means that was made at the payment provider, such as in its dashboard, and not ordered here. `ask`: what it had
    /// covered is held, so that nobody is asked to pay it again, and a review asks a person. `credits`: a credit note of the same
    /// amount covers it. `reopens`: it is to be paid again.
    #[schema(example = "ask")]
    provider_refunds: Option<String>,
    /// Which money at the payment provider is no matter of the portal, such as a web shop's on the same account: what matches one of up
    /// to 20 rules is neither listed as unidentified nor put on anybody's account, and stands on the journal's account `not_ours`. What
    /// names a payment or an invoice of the portal never matches. Replaces all previous rules, and moves nothing that came before.
    #[schema(max_items = 20, example = json!([{"metadata": {"key": "order_id"}}, {"description_contains": "Shop order"}]))]
    not_ours: Option<Vec<NotOursRuleShape>>,
    /// `true` names the business the owner of its account at the payment provider. Required before another business shares the account:
    /// payouts are the owner's, and so is money that names no business. Each business sees what belongs to its own payments.
    owns_provider_account: Option<bool>,
    /// Why you do this. The audit keeps it.
    #[serde(default)]
    #[schema(required, min_length = 1, max_length = 200, example = "Rounding in dinars")]
    reason: String,
}

impl BusinessResponse {
    async fn of(business: &Business, caller: &Caller) -> Result<Self, ApiError> {
        let owns_provider_account = operations::owns_accounts(&caller.state.context, &business.id).await?;
        let tolerances = business.write_off_tolerances.iter();
        Ok(Self {
            id: business.id.to_string(),
            name: business.name.as_str().to_owned(),
            default_currency: business.default_currency.to_string(),
            time_zone: business.time_zone.name().to_owned(),
            locales: business.locales.iter().map(|locale| locale.tag()).collect(),
            email: business.email.as_str().to_owned(),
            write_off_tolerances: tolerances.map(|(code, amount)| (code.to_string(), amount.to_plain())).collect(),
            outside_payments: business.outside_payments.as_str(),
            provider_refunds: business.provider_refunds.as_str(),
            not_ours: business.not_ours.iter().map(NotOursRuleShape::of).collect(),
            owns_provider_account,
        })
    }
}

impl BusinessChangeRequest {
    /// What the request changes. What is invalid is left out and adds an error.
    fn read(&self, errors: &mut FieldErrors) -> SettingsChange {
        SettingsChange {
            write_off_tolerances: self.tolerances(errors),
            outside_payments: self.outside_payments(errors),
            provider_refunds: self.provider_refunds(errors),
            not_ours: self.not_ours(errors),
        }
    }

    fn outside_payments(&self, errors: &mut FieldErrors) -> Option<OutsidePayments> {
        let word = self.outside_payments.as_deref()?;
        let choice = OutsidePayments::named(word);
        if choice.is_none() {
            errors.add("outside_payments", "expected apply, propose or ignore".to_owned());
        }
        choice
    }

    fn not_ours(&self, errors: &mut FieldErrors) -> Option<Vec<NotOursRule>> {
        let shapes = self.not_ours.as_ref()?;
        if shapes.len() > NOT_OURS_RULES_MAX {
            errors.add("not_ours", format!("expected at most {NOT_OURS_RULES_MAX} rules"));
        }
        let rules = shapes.iter().enumerate().filter_map(|(place, shape)| {
            let rule = shape.rule();
            if rule.is_none() {
                errors.add(&format!("not_ours[{place}]"), RULE_EXPECTED);
            }
            rule
        });
        Some(rules.collect())
    }

    fn provider_refunds(&self, errors: &mut FieldErrors) -> Option<ProviderRefunds> {
        let word = self.provider_refunds.as_deref()?;
        let choice = ProviderRefunds::named(word);
        if choice.is_none() {
            errors.add("provider_refunds", "expected ask, credits or reopens".to_owned());
        }
        choice
    }

    fn tolerances(&self, errors: &mut FieldErrors) -> Option<BTreeMap<Currency, Money>> {
        let requested = self.write_off_tolerances.as_ref()?;
        let mut tolerances = BTreeMap::new();
        for (code, amount) in requested {
            let field = format!("write_off_tolerances.{code}");
            let Some(currency) = errors.parse::<Currency>(&field, code) else { continue };
            let Some(amount) = errors.check(&field, Money::parse(amount, currency)) else { continue };
            let most = tolerance_max(currency);
            if most.checked_sub(amount).is_err() {
                errors.add(
                    &field,
                    format!("expected at most {}, the highest tolerance in this currency", most.to_plain()),
                );
            } else if !amount.is_zero() {
                tolerances.insert(currency, amount);
            }
        }
        Some(tolerances)
    }
}

/// Show the business
#[utoipa::path(
    get, path = "/api/v1/business", tag = "Business",
    responses((status = 200, description = "The business that the API key belongs to.", body = BusinessResponse))
)]
pub(crate) async fn show_business(caller: Caller) -> Result<ApiResponse, ApiError> {
    ApiResponse::ok(&BusinessResponse::of(&current_business(&caller).await?, &caller).await?)
}

/// Change the settings of the business
///
/// Settings left out stay as they are, so the same request can be sent any number of times. The audit keeps the change and its
/// reason.
#[utoipa::path(
    patch, path = "/api/v1/business", tag = "Business", request_body = BusinessChangeRequest,
    responses((status = 200, description = "The business after the change.", body = BusinessResponse))
)]
pub(crate) async fn change_business(request: IdempotentRequest) -> Result<Response, ApiError> {
    let body: BusinessChangeRequest = request.json()?;
    let (change, reason) = validate(|errors| {
        let change = body.read(errors);
        if body.owns_provider_account == Some(false) {
            errors.add("owns_provider_account", "expected true: an owner stays one");
        }
        Some((change, parse_reason(&body.reason, errors)?))
    })?;
    request
        .run_once(async |run| {
            let caller = &run.caller;
            let (context, id) = (run.for_action(reason), caller.business_id());
            if body.owns_provider_account == Some(true)
                && let Some(owner) = operations::own_accounts(&context, id).await?
            {
                let why = format!("the account is owned by {owner}");
                return validate(|errors| {
                    errors.add("owns_provider_account", why);
                    None
                });
            }
            if change == SettingsChange::default() {
                return ApiResponse::ok(&BusinessResponse::of(&current_business(caller).await?, caller).await?);
            }
            let changed = operations::change_settings(&context, id, &change, caller.now).await?;
            ApiResponse::ok(&BusinessResponse::of(&changed, caller).await?)
        })
        .await
}

/// The business as stored: the copy in the caller may be a minute old, which is too old where a setting decides.
pub(crate) async fn current_business(caller: &Caller) -> Result<Business, ApiError> {
    caller.store().business(caller.business_id()).await?.ok_or_else(ApiError::not_found)
}
