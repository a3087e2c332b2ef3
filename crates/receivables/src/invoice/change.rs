//! What a decision changes of an invoice: differences, over the version that it was decided on.

use jiff::civil::Date;

use super::{CutKind, Due, Held, Hold, HoldKind, HolderId, InvoiceBalance, InvoiceHead, OpenDays};
use crate::ids::InvoiceId;
use crate::ledger::{Contra, Leg, LegAccount};
use crate::money::{Balance, Money};
use crate::text::InvoiceNumber;

/// How an invoice stands, as far as the ledger, the lists and the sums of its account go by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What is open, by due day.
    pub open: OpenDays,
    /// What is held of it.
    pub held: Held,
}

/// A change of an invoice. Amounts are differences, so that it is written without knowing the rest of the invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceChange {
    /// The invoice that it is about.
    pub invoice: InvoiceId,
    /// The number printed on it.
    pub number: InvoiceNumber,
    /// Nothing, in the currency of the invoice.
    pub zero: Money,
    /// The version that it was decided on, over which alone it is written. It makes the next.
    pub version_before: u64,
    /// How the invoice stood.
    pub before: Standing,
    /// How it stands then.
    pub after: Standing,
    /// The last day on which it is due: its place in the lists once nothing is open.
    pub last_due_on: Date,
    /// By how much what covers it grows.
    pub applied: Balance,
    /// By how much what an issuer took back grows.
    pub charged_back: Balance,
    /// What is written off, before and after, where that changes.
    pub written_off: Option<(Money, Money)>,
    /// The part of that which is a bad debt, before and after, where that changes.
    pub bad_debt: Option<(Money, Money)>,
    /// The hold that is set, changed or released.
    pub hold: Option<HoldChange>,
}

/// A hold that is set, changed or released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldChange {
    /// Who holds.
    pub holder: HolderId,
    /// The hold before, as far as its holder remembers it.
    pub before: Option<HoldKind>,
    /// The hold after; none where it is released.
    pub after: Option<Hold>,
}

/// The place of an invoice in lists: whether something is open, and the next due day on which there is; else the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListPlace {
    /// Whether something is open.
    pub open: bool,
    /// The next day on which something is open, else the last day.
    pub due_on: Date,
}

impl InvoiceChange {
    /// A change that changes nothing yet.
    pub(crate) fn of(head: &InvoiceHead) -> Self {
        let standing = head.standing();
        Self {
            invoice: head.id.clone(),
            number: head.number.clone(),
            zero: Money::zero(head.currency()),
            version_before: head.balance.version,
            before: standing.clone(),
            after: standing,
            last_due_on: head.schedule.last_day(),
            applied: Balance::zero(head.currency()),
            charged_back: Balance::zero(head.currency()),
            written_off: None,
            bad_debt: None,
            hold: None,
        }
    }

    /// The version that it makes.
    pub fn version_after(&self) -> u64 {
        self.version_before + 1
    }

    /// What was open.
    pub fn open_before(&self) -> Money {
        self.before.open.total(self.zero.currency())
    }

    /// What is open then.
    pub fn open_after(&self) -> Money {
        self.after.open.total(self.zero.currency())
    }

    /// What a kind of hold cut of the open amount before, and what it cuts after.
    pub fn cut(&self, kind: CutKind) -> (Money, Money) {
        (self.before.held.cut(kind, self.open_before()), self.after.held.cut(kind, self.open_after()))
    }

    /// The place in lists before and after.
    pub fn places(&self) -> (ListPlace, ListPlace) {
        let place = |open: &OpenDays| {
            let first = open.first_day();
            ListPlace { open: first.is_some(), due_on: first.unwrap_or(self.last_due_on) }
        };
        (place(&self.before.open), place(&self.after.open))
    }

    /// The parts of a ledger entry: one for each due day on which more or less is open, against what makes it so.
    pub fn legs(&self, contra: Contra) -> impl Iterator<Item = Leg> + '_ {
        self.legs_between(&self.before.open, &self.after.open, contra)
    }

    /// The same for a part of the change, from what was open to what is.
    pub(crate) fn legs_between(
        &self,
        before: &OpenDays,
        after: &OpenDays,
        contra: Contra,
    ) -> impl Iterator<Item = Leg> + use<'_> {
        before.changes_to(after).into_iter().map(move |(due_on, change)| Leg {
            account: LegAccount::Invoice { invoice: self.invoice.clone(), number: self.number.clone(), due_on },
            change,
            contra,
        })
    }
}

impl InvoiceHead {
    /// The invoice as a change leaves it; the store writes the same differences.
    #[must_use]
    pub fn changed_by(&self, change: &InvoiceChange) -> Self {
        let mut head = self.clone();
        let InvoiceBalance { applied, written_off, bad_debt, charged_back, holds, version, .. } = &mut head.balance;
        *applied = moved(*applied, change.applied);
        *charged_back = moved(*charged_back, change.charged_back);
        if let Some((_, after)) = change.written_off {
            *written_off = after;
        }
        if let Some((_, after)) = change.bad_debt {
            *bad_debt = after;
        }
        match &change.hold {
            Some(HoldChange { holder, after: Some(hold), .. }) => drop(holds.0.insert(holder.clone(), hold.clone())),
            Some(HoldChange { holder, after: None, .. }) => drop(holds.0.remove(holder)),
            None => {}
        }
        *version = change.version_after();
        head
    }

    /// How it stands, as far as the ledger, the lists and the sums go by it.
    pub fn standing(&self) -> Standing {
        Standing { open: self.open_days(), held: self.balance.holds.held_beside(None) }
    }

    /// What is open of it, by due day.
    pub fn open_days(&self) -> OpenDays {
        self.schedule.open(self.balance.covered())
    }

    /// What a person may pay of it, by due day. What is on its way, contested or in question is of the first days.
    pub fn payable_days(&self) -> OpenDays {
        self.open_days().less(self.balance.open().less(self.balance.payable()))
    }

    /// What of it stands to be asked for, by due day: all that is open but what is in question, which is of the first days.
    pub fn asked_days(&self) -> OpenDays {
        self.open_days().less(self.balance.questioned())
    }

    /// The next day on which something of it is due and open; the last day where nothing is open.
    pub fn due_on(&self) -> Date {
        self.open_days().first_day().unwrap_or(self.schedule.last_day())
    }

    /// What each of its days demands, and what of that is open.
    pub fn days(&self) -> Vec<(Due, Money)> {
        let open = self.open_days();
        let zero = Money::zero(self.currency());
        let open_on = |day: Date| open.days().iter().find(|due| due.on == day).map_or(zero, |due| due.amount);
        self.schedule.days().map(|due| (due, open_on(due.on))).collect()
    }
}

fn moved(amount: Money, by: Balance) -> Money {
    Money::new(amount.minor() + by.minor(), amount.currency()).unwrap_or(amount)
}
