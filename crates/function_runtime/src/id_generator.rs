//! Ids and tokens: the only place that uses randomness.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use receivables::{
    BusinessId, CreditNoteId, CustomerId, ExportId, InvoiceId, KeyId, OutgoingPaymentId, PayLinkId, PaymentId,
    RefundId, SignInId,
};
use sha2::{Digest, Sha256};
use store::Jitter;
use ulid::Ulid;

/// Bytes of a token: 256 bits.
const TOKEN_BYTES: usize = 32;

/// Draws ids and tokens. Clones draw from the same sequence.
#[derive(Clone, Debug)]
pub struct IdGenerator {
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    System,
    /// Derived from a seed: the same seed draws the same ids, in the same order.
    Seeded {
        seed: Arc<[u8; 32]>,
        drawn: Arc<std::sync::atomic::AtomicU64>,
    },
}

macro_rules! generated {
    ($($(#[$doc:meta])* $name:ident -> $id:ident;)*) => {
        $(
            $(#[$doc])*
            pub fn $name(&self, now: Timestamp) -> $id {
                let ulid = Ulid::from_parts(u64::try_from(now.as_millisecond()).unwrap_or_default(), self.random_bits());
                // A ULID's text is always a valid id.
                $id::from_ulid(&ulid.to_string()).expect("a ULID is of the form of an id")
            }
        )*
    };
}

impl IdGenerator {
    /// Draws from the operating system's randomness.
    pub fn system() -> Self {
        Self { source: Source::System }
    }

    /// Derives everything from a seed: for tests, and for a request that may be carried out again, whose ids must be the same
    /// each time.
    pub fn seeded(seed: &[u8]) -> Self {
        let seed: [u8; 32] = Sha256::digest(seed).into();
        Self { source: Source::Seeded { seed: Arc::new(seed), drawn: Arc::default() } }
    }

    generated! {
        /// A new customer's id.
        customer_id -> CustomerId;
        /// A new invoice's id.
        invoice_id -> InvoiceId;
        /// A new payment's id.
        payment_id -> PaymentId;
        /// A new credit note's id.
        credit_note_id -> CreditNoteId;
        /// A new refund order's id.
        refund_id -> RefundId;
        /// A new outgoing payment's id.
        outgoing_payment_id -> OutgoingPaymentId;
        /// A new export's id.
        export_id -> ExportId;
        /// A new pay link's id.
        pay_link_id -> PayLinkId;
        /// A new sign-in's id.
        sign_in_id -> SignInId;
        /// A new business's id.
        business_id -> BusinessId;
        /// A new API key's id.
        key_id -> KeyId;
    }

    /// A token that cannot be guessed: 256 bits, in 43 characters of base64url.
    pub fn token(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes())
    }

    /// A source of random pauses for retries of the tables. It draws nothing from a seeded generator, so that the sequence of
    /// its ids stays the same.
    pub fn jitter(&self) -> Jitter {
        let bytes: [u8; TOKEN_BYTES] = match &self.source {
            Source::System => self.bytes(),
            Source::Seeded { seed, .. } => {
                Sha256::new_with_prefix(seed.as_slice()).chain_update("jitter").finalize().into()
            }
        };
        Jitter::seeded(bytes.iter().take(8).fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte)))
    }

    fn random_bits(&self) -> u128 {
        self.bytes().iter().take(10).fold(0_u128, |sum, byte| (sum << 8) | u128::from(*byte))
    }

    fn bytes(&self) -> [u8; TOKEN_BYTES] {
        let mut bytes = [0; TOKEN_BYTES];
        match &self.source {
            #[expect(clippy::disallowed_methods, clippy::expect_used, reason = "without chance nothing may be minted")]
            Source::System => getrandom::fill(&mut bytes).expect("the operating system gives chance"),
            Source::Seeded { seed, drawn } => {
                let number = drawn.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                let mut hasher = Sha256::new();
                hasher.update(seed.as_slice());
                hasher.update(number.to_be_bytes());
                bytes = hasher.finalize().into();
            }
        }
        bytes
    }
}
