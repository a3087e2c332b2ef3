//! The instrument of a payment: by what its money is asked for, which also decides how its provider is asked about it.
//!
//! | instrument | asked for | the provider is asked about it by |
//! |---|---|---|
//! | page | the payer pays on the provider's hosted page | looking the page up |
//! | charge | a saved method is charged without its owner | the charge's intent; until that is known the same request again under its idempotency key, while the provider surely knows the key; after that the list of the customer's charges |
//! | outside | nobody here asked: the provider told of the money | nothing: what it tells is all there is |
//!
//! A debit under a mandate of the business's own, with a provider that has no saved methods, would be a further arm: with the mandate's
//! id, the attempt of its idempotency key and the day of the debit. The compiler then asks what starts it, how it is asked about,
//! what gives it up and how it is kept.

use jiff::Timestamp;

use super::{Decline, PageRefusal, Payment, Remedy, State};
use crate::ids::PaymentId;
use crate::provider_object::{FoldedState, ObjectId};

/// By what the money of a payment is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Instrument {
    /// The provider's hosted page.
    Page(HostedPage),
    /// A saved method that is charged without its owner.
    Charge(Charge),
    /// Nothing of ours: the provider told of the money, such as a transfer or another program's payment.
    Outside,
}

/// The hosted page of a payment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostedPage {
    /// The page, once it is open.
    pub checkout: Option<Checkout>,
    /// What the provider refused when it was to be opened.
    pub refusals: Vec<PageRefusal>,
}

/// The provider's hosted page for a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkout {
    /// The provider's id of it.
    pub id: ObjectId,
    /// Its address at the provider.
    pub url: String,
    /// The instant after which nobody can pay on it.
    pub expires_at: Timestamp,
}

/// The charge of a saved method. What is requested follows from it and the payment alone, so that each try under the same idempotency
/// key is the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// The saved method, by the provider's id.
    pub method: ObjectId,
    /// What the method is, in the provider's word: `card`, `sepa_debit`.
    pub kind: Option<String>,
    /// The provider's customer whose method it is.
    pub customer: ObjectId,
    /// The attempt that its idempotency key names. A payment is one attempt; a new decision to charge is another payment.
    pub attempt: u32,
    /// The instant from which on the request may have been made.
    pub requested_at: Timestamp,
    /// The provider's record of the charge, once the answer to the request has come.
    pub intent: Option<ObjectId>,
    /// Why there is no money, once that is known and the method is marked accordingly.
    pub decline: Option<Decline>,
    /// What became of asking the customer to pay on a page instead, where the decline wants them.
    pub instead: Option<Instead>,
}

/// What came of a charge that its owner has to confirm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Instead {
    /// Another payment asks for the same on a hosted page.
    Page(PaymentId),
    /// There is no page: the invoices are paid or spoken for meanwhile, or the provider opens none.
    Nothing,
}

impl Instrument {
    /// The hosted page, if it is one.
    pub fn page(&self) -> Option<&HostedPage> {
        match self {
            Self::Page(page) => Some(page),
            Self::Charge(_) | Self::Outside => None,
        }
    }

    /// The charge of a saved method, if it is one.
    pub fn charge(&self) -> Option<&Charge> {
        match self {
            Self::Charge(charge) => Some(charge),
            Self::Page(_) | Self::Outside => None,
        }
    }

    /// The word for it in the API.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Page(_) => "page",
            Self::Charge(_) => "payment_method",
            Self::Outside => "outside",
        }
    }

    /// Whether money that is not there yet is on its way as far as an invoice goes: a charge is from the start, and a page only
    /// once its payer has paid.
    pub(super) fn speaks_for(&self, state: State) -> bool {
        match (self, state) {
            (_, State::Processing) | (Self::Charge(_), State::Started | State::NeedsAction) => true,
            (Self::Page(_) | Self::Outside, State::Started | State::NeedsAction)
            | (_, State::Settled | State::Failed | State::Cancelled) => false,
        }
    }
}

impl Payment {
    /// The hosted page, once it is open.
    pub fn checkout(&self) -> Option<&Checkout> {
        self.instrument.page().and_then(|page| page.checkout.as_ref())
    }

    /// What the provider refused when a page was to be opened.
    pub fn page_refusals(&self) -> &[PageRefusal] {
        self.instrument.page().map(|page| &page.refusals[..]).unwrap_or_default()
    }

    /// The charge of a saved method, where the payment is one.
    pub fn charge(&self) -> Option<&Charge> {
        self.instrument.charge()
    }

    /// Why the last attempt was declined, in the provider's word, as far as it says.
    pub fn decline_word(&self) -> Option<String> {
        self.decline_word_of(&self.provider_state.fold())
    }

    /// The same of what its provider said, folded.
    pub(super) fn decline_word_of(&self, folded: &FoldedState) -> Option<String> {
        let of_charge = || self.charge().and_then(|charge| charge.decline.as_ref()).map(|decline| decline.word.clone());
        folded.decline.clone().or_else(of_charge)
    }

    /// Whether its claims on invoices are being made, so that nothing was asked of the provider yet.
    pub fn is_being_claimed(&self) -> bool {
        self.unfinished && self.state() == State::Started
    }

    /// Whether something follows from a charge that did not succeed and is not done yet: saying why, marking the method, or asking the
    /// customer.
    pub fn has_unanswered_decline(&self) -> bool {
        let Some(charge) = self.charge() else { return false };
        match (&charge.decline, self.state()) {
            // Its owner must act, and is not here.
            (None, State::Failed | State::NeedsAction) => true,
            (Some(decline), State::Failed | State::Cancelled) => {
                decline.remedy == Remedy::AskTheCustomer && charge.instead.is_none()
            }
            (None, State::Started | State::Processing | State::Settled | State::Cancelled)
            | (Some(_), State::Started | State::NeedsAction | State::Processing | State::Settled) => false,
        }
    }
}
