//! Checks that a chargeback's moves are the movements that the provider has paid out.

use receivables::Payment;
use receivables::provider_object::Move;
use receivables::verify::Difference;

use super::BooksProof;
use crate::context::Context;
use crate::error::OperationError;

/// Each move that is part of a payout has the amount, fee and instant that it has there.
pub(super) async fn verify_moves(
    context: &Context,
    payment: &Payment,
    proof: &mut BooksProof,
) -> Result<(), OperationError> {
    let chargebacks = payment.provider_state().0.values().filter_map(|fact| fact.chargeback());
    let moves: Vec<(&str, &Move)> = chargebacks.flat_map(|chargeback| chargeback.moves.iter()).collect();
    if moves.is_empty() {
        return Ok(());
    }
    let words = |moved: &Move| format!("{moved:?}");
    for one in context.store.transactions_of_payment(payment.business(), payment.id()).await? {
        let paid_out = Move::from(&one.transaction);
        let known = moves.iter().find(|(id, _)| *id == one.transaction.id.as_str());
        if let Some((id, moved)) = known.filter(|(_, moved)| **moved != paid_out) {
            proof.differences.push(Difference {
                customer: Some(payment.customer().clone()),
                what: format!("{} move {id}, by the payout", payment.id()),
                computed: words(&paid_out),
                kept: words(moved),
            });
        }
    }
    Ok(())
}
