//! The business: whose books these are.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::Difference;
use crate::calendar::BillingZone;
use crate::currency::Currency;
use crate::ids::BusinessId;
use crate::locale::Locale;
use crate::money::Money;
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
    /// Rises by one with each change; a change is written only over the version that it was decided on.
    pub version: u64,
}

impl Business {
    /// The business with other tolerances, and what that changes. `None` where it changes nothing.
    pub fn with_tolerances(&self, tolerances: BTreeMap<Currency, Money>) -> Option<(Self, Vec<Difference>)> {
        let currencies: BTreeSet<Currency> =
            self.write_off_tolerances.keys().chain(tolerances.keys()).copied().collect();
        let of = |amounts: &BTreeMap<Currency, Money>, currency| {
            amounts.get(&currency).copied().unwrap_or(Money::zero(currency))
        };
        let differences: Vec<Difference> = currencies
            .into_iter()
            .map(|currency| (of(&self.write_off_tolerances, currency), of(&tolerances, currency)))
            .filter(|(before, after)| before != after)
            .map(|(before, after)| Difference::of_amount(self.id.as_str(), "write_off_tolerance", Some(before), after))
            .collect();
        let after = Self { write_off_tolerances: tolerances, version: self.version + 1, ..self.clone() };
        (!differences.is_empty()).then_some((after, differences))
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
