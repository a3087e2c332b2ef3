//! The journal's lines of what moved at the provider. Nearly every movement is money that came whole, of which its payment's record
//! and one fact tell all; both are read in batches. Only what went back, or came in parts, asks for its whole payment.

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use receivables::journal::{self, Holder, JournalLine, Known};
use receivables::payout::BalanceTransaction;
use receivables::{BillingZone, Payment, PaymentId, not_ours};
use store::{Movement, ProviderTransaction};

use super::period::ExportPeriod;
use crate::context::Context;
use crate::error::OperationError;

/// Payments that are read at the same time.
const AT_ONCE: usize = 8;

/// What is known of the payments of some movements.
struct Payments {
    /// With the facts that tell of the movements' sources.
    in_part: BTreeMap<PaymentId, Payment>,
    /// Those of which more is to be known, with all their movements.
    whole: BTreeMap<PaymentId, (Payment, Vec<BalanceTransaction>)>,
}

pub(super) async fn lines_of(
    context: &Context,
    period: &ExportPeriod,
    movements: &[Movement],
) -> Result<Vec<JournalLine>, OperationError> {
    let moved = movements.iter().filter_map(|movement| match movement {
        Movement::Moved(one) => Some(one),
        Movement::TakenOver(_) | Movement::Marked(..) => None,
    });
    let payments = Payments::of(context, period, moved.collect()).await?;
    let mut lines = Vec::new();
    for movement in movements {
        let recorded_at = match movement {
            Movement::Moved(one) | Movement::TakenOver(one) | Movement::Marked(one, _) => one.recorded_at,
        };
        // What is recorded in a later month than it is of may be in no export of that month.
        let this_month = period.zone.date_at(recorded_at).first_of_month();
        let of_one = lines_of_one(&payments, movement, &period.zone).into_iter();
        lines.extend(of_one.map(|line| JournalLine { late: line.on < this_month, ..line }));
    }
    Ok(lines)
}

fn lines_of_one(payments: &Payments, movement: &Movement, zone: &BillingZone) -> Vec<JournalLine> {
    let mut lines = Vec::new();
    match movement {
        Movement::Moved(one) if one.other_business.is_some() => {
            lines.extend(journal::of_another(&one.transaction, Holder::Us, zone));
        }
        Movement::Moved(one) => {
            if one.holder.is_some() {
                lines.extend(journal::of_another(&one.transaction, Holder::Other, zone));
            }
            lines.extend(journal::of_transaction(&one.transaction, payments.known(one), zone));
            if one.taken_over_at.is_some() {
                let not_ours = was_not_ours(one, one.transaction.at);
                lines.extend(journal::of_unidentified(&one.transaction, None, not_ours, zone));
            }
        }
        Movement::TakenOver(one) => {
            let not_ours = one.taken_over_at.is_some_and(|at| was_not_ours(one, at));
            lines.extend(journal::of_unidentified(&one.transaction, one.taken_over_at, not_ours, zone));
        }
        Movement::Marked(one, mark) => lines.extend(not_ours::of_mark(&one.transaction, *mark, zone)),
    }
    lines
}

fn was_not_ours(one: &ProviderTransaction, at: Timestamp) -> bool {
    one.ownership.as_ref().is_some_and(|ownership| not_ours::was_not_ours(&ownership.marks, at))
}

impl Payments {
    async fn of(
        context: &Context,
        period: &ExportPeriod,
        moved: Vec<&ProviderTransaction>,
    ) -> Result<Self, OperationError> {
        let (store, b) = (&context.store, &period.business);
        let mut wanted: BTreeMap<PaymentId, BTreeSet<String>> = BTreeMap::new();
        for one in &moved {
            if let Some(payment) = &one.payment {
                wanted.entry(payment.clone()).or_default().extend(one.fact.clone());
            }
        }
        let in_part = store.payments_in_part(b, &wanted).await?;
        let of = |one: &ProviderTransaction| one.payment.as_ref().and_then(|payment| in_part.get(payment));
        let apart = moved.iter().filter(|one| of(one).is_some_and(|of| !journal::stands_alone(of, &one.transaction)));
        let apart: BTreeSet<PaymentId> = apart.filter_map(|one| one.payment.clone()).collect();
        let mut others = store.transactions_of_payments(b, &apart).await?;
        let reading: Vec<_> = apart.iter().map(|payment| Box::pin(store.payment(b, payment))).collect();
        let read: Vec<Option<Payment>> = stream::iter(reading).buffered(AT_ONCE).try_collect().await?;
        let whole = read.into_iter().flatten().map(|payment| {
            let others = others.remove(payment.id()).unwrap_or_default();
            (payment.id().clone(), (payment, others.into_iter().map(|other| other.transaction).collect()))
        });
        Ok(Self { whole: whole.collect(), in_part })
    }

    fn known(&self, one: &ProviderTransaction) -> Known {
        let Some(id) = &one.payment else {
            let not_ours = was_not_ours(one, one.transaction.at);
            return if not_ours { Known::NotOurs } else { Known::Unidentified };
        };
        match (self.whole.get(id), self.in_part.get(id)) {
            (Some((payment, others)), _) => journal::known_of(payment, &one.transaction, others),
            (None, Some(payment)) => journal::known_of(payment, &one.transaction, &[]),
            (None, None) => Known::Unidentified,
        }
    }
}
