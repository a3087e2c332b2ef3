//! What became of a payment's money.

use crate::currency::Currency;
use crate::money::Money;

/// What became of a payment's money, in the payment's currency: all of it follows from the reports and the allocations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentCash {
    /// The money that came, before anything of it went back.
    pub received: Money,
    /// What had come and was returned by the payer's bank; it is not among what was received any more.
    pub returned: Money,
    /// What of it was sent back to the payer, or is on its way there.
    pub refunded: Money,
    /// What of it the issuer has taken back.
    pub charged_back: Money,
    /// What of it the business sent back by its bank, and not through the provider.
    pub paid_out: Money,
    /// What is ours of it and covers no invoice.
    pub unapplied: Money,
    /// What has gone back already but still stands on invoices, while the payment is being worked off in steps.
    pub to_reclaim: Money,
    /// What of the unapplied is left as it is until something becomes payable: no open invoice was there for it, or it is kept.
    pub on_account: Money,
    /// What of the unapplied an operator left there on purpose: the books apply none of it.
    pub kept: Money,
    /// Money that came in another currency, kept aside until someone has looked.
    pub suspense: Vec<Money>,
}

impl PaymentCash {
    /// Before any money came.
    pub fn none(currency: Currency) -> Self {
        let nothing = Money::zero(currency);
        Self {
            received: nothing,
            returned: nothing,
            refunded: nothing,
            charged_back: nothing,
            paid_out: nothing,
            unapplied: nothing,
            to_reclaim: nothing,
            on_account: nothing,
            kept: nothing,
            suspense: Vec::new(),
        }
    }

    /// What is ours of it: received, less what went back.
    pub fn ours(&self) -> Money {
        self.received.less(self.refunded).less(self.charged_back).less(self.paid_out)
    }

    /// Every amount of it that is in the payment's currency.
    pub(super) fn amounts(&self) -> [Money; 9] {
        let Self { received, returned, refunded, charged_back, paid_out, .. } = self;
        let Self { unapplied, to_reclaim, on_account, kept, .. } = self;
        [*received, *returned, *refunded, *charged_back, *paid_out, *unapplied, *to_reclaim, *on_account, *kept]
    }
}
