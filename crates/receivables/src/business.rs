//! The business: whose books these are.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::Difference;
use crate::calendar::BillingZone;
use crate::currency::Currency;
use crate::ids::BusinessId;
use crate::locale::Locale;
use crate::money::Money;
use crate::not_ours::NotOursRule;
use crate::payment::RefundMeaning;
use crate::text::{EmailAddress, PartyName};
use crate::write_off::tolerance_max;

/// A business and how it counts, writes and is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Business {
    /// Our id, under which everything of it is kept.
    pub id: BusinessId,
    /// The name its customers know.
    pub name: PartyName,
    /// The currency of new invoices where none is said.
    pub default_currency: Currency,
    /// Where its days begin and end.
    pub time_zone: BillingZone,
    /// The locales it writes; the first is used where the reader's is not among them.
    pub locales: Vec<Locale>,
    /// Where its mail is sent from, and where customers may write.
    pub email: EmailAddress,
    /// Up to how much of an invoice may be written off, by currency; nothing in those that are not named.
    pub write_off_tolerances: BTreeMap<Currency, Money>,
    /// What becomes of payments that other programs make on its account at the provider.
    pub outside_payments: OutsidePayments,
    /// What a refund means that was made at the provider.
    pub provider_refunds: ProviderRefunds,
    /// Which money at the provider is no matter of the portal. A change of them moves nothing that came before.
    pub not_ours: Vec<NotOursRule>,
    /// Rises by one with each change; a change is written only over the version that it was decided on.
    pub version: u64,
}

/// What becomes of a payment that another program of the business made at the provider, such as an order of its web shop. One that
/// names an invoice is for that invoice, and a bank transfer covers what is due first, whatever is chosen here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OutsidePayments {
    /// That of a known customer covers what is due first.
    Apply,
    /// That of a known customer is kept on their account and proposed to a person. Nobody gets a receipt for it.
    #[default]
    Propose,
    /// It is no matter of the portal.
    Ignore,
}

impl OutsidePayments {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Apply, Self::Propose, Self::Ignore];

    /// The word for it in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Apply => "apply",
            Self::Propose => "propose",
            Self::Ignore => "ignore",
        }
    }

    /// The choice of a word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.as_str() == word)
    }
}

/// What a refund means to the invoices that its money had covered, where it was made at the provider, such as in its dashboard, and
/// not ordered here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProviderRefunds {
    /// A person says so, each time. Until then what it took of invoices is held: open, and neither payable nor asked for.
    #[default]
    Ask,
    /// The invoices are credited by as much.
    Credits,
    /// They are open again.
    Reopens,
}

impl ProviderRefunds {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Ask, Self::Credits, Self::Reopens];

    /// The word for it in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Credits => "credits",
            Self::Reopens => "reopens",
        }
    }

    /// The choice of a word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.as_str() == word)
    }

    /// What a refund means by this choice; `None` where a person says so.
    pub fn meaning(self) -> Option<RefundMeaning> {
        match self {
            Self::Ask => None,
            Self::Credits => Some(RefundMeaning::Credits),
            Self::Reopens => Some(RefundMeaning::Reopens),
        }
    }
}

/// Settings to change; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingsChange {
    /// Replaces all tolerances.
    pub write_off_tolerances: Option<BTreeMap<Currency, Money>>,
    /// Another choice.
    pub outside_payments: Option<OutsidePayments>,
    /// Another choice.
    pub provider_refunds: Option<ProviderRefunds>,
    /// Replaces all rules.
    pub not_ours: Option<Vec<NotOursRule>>,
}

impl Business {
    /// The business with other settings, and what that changes. `None` where it changes nothing.
    pub fn with_settings(&self, change: &SettingsChange) -> Option<(Self, Vec<Difference>)> {
        let tolerances = change.write_off_tolerances.as_ref().unwrap_or(&self.write_off_tolerances);
        let outside_payments = change.outside_payments.unwrap_or(self.outside_payments);
        let provider_refunds = change.provider_refunds.unwrap_or(self.provider_refunds);
        let not_ours = change.not_ours.as_ref().unwrap_or(&self.not_ours);
        let names = |rules: &[NotOursRule]| rules.iter().map(NotOursRule::name).collect::<Vec<String>>().join(", ");
        let (rules_before, rules_after) = (names(&self.not_ours), names(not_ours));
        let mut differences = self.differences_of_tolerances(tolerances);
        let chosen = |field, before: &str, after: &str| Difference {
            what: self.id.to_string(),
            field,
            before: before.to_owned(),
            after: after.to_owned(),
        };
        let choices = [
            chosen("outside_payments", self.outside_payments.as_str(), outside_payments.as_str()),
            chosen("provider_refunds", self.provider_refunds.as_str(), provider_refunds.as_str()),
            chosen("not_ours", &rules_before, &rules_after),
        ];
        differences.extend(choices.into_iter().filter(|choice| choice.before != choice.after));
        let version = self.version + 1;
        let tolerances = tolerances.clone();
        let after = Self {
            write_off_tolerances: tolerances,
            outside_payments,
            provider_refunds,
            not_ours: not_ours.clone(),
            version,
            ..self.clone()
        };
        (!differences.is_empty()).then_some((after, differences))
    }

    fn differences_of_tolerances(&self, tolerances: &BTreeMap<Currency, Money>) -> Vec<Difference> {
        let currencies: BTreeSet<Currency> =
            self.write_off_tolerances.keys().chain(tolerances.keys()).copied().collect();
        let of = |amounts: &BTreeMap<Currency, Money>, currency| {
            amounts.get(&currency).copied().unwrap_or(Money::zero(currency))
        };
        currencies
            .into_iter()
            .map(|currency| (of(&self.write_off_tolerances, currency), of(tolerances, currency)))
            .filter(|(before, after)| before != after)
            .map(|(before, after)| Difference::of_amount(self.id.as_str(), "write_off_tolerance", Some(before), after))
            .collect()
    }

    /// Up to how much of an invoice in a currency may be written off.
    pub fn write_off_tolerance(&self, currency: Currency) -> Money {
        let chosen = self.write_off_tolerances.get(&currency).copied().unwrap_or(Money::zero(currency));
        chosen.min(tolerance_max(currency))
    }

    /// The locale for a reader who would like `wished`.
    pub fn locale_for(&self, wished: Option<Locale>) -> Locale {
        let same_language = |locale: &&Locale| wished.is_some_and(|wished| wished.language() == locale.language());
        wished
            .filter(|wished| self.locales.contains(wished))
            .or_else(|| self.locales.iter().find(same_language).copied())
            .or_else(|| self.locales.first().copied())
            .unwrap_or(Locale::English)
    }
}
