//! What is done about a provider's refusal. A closed list, the same for every provider: each provider's folder has the table
//! from its own codes to these, and every caller answers all of them.

/// The reaction to a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Make the request without this detail, which it does not need, under a key of its own.
    GoOnWithout(Detail),
    /// Let the payer choose otherwise.
    AskPayer(PayerRemedy),
    /// Tell the business: only it can mend this, in its account at the provider or in its own data.
    AskBusiness,
    /// Make the same request later, with the same key.
    Wait,
    /// Wake a person: what is wrong is ours.
    Alarm(Alarm),
}

/// A detail of an order that it does not need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// The customer's id at the provider.
    Customer,
    /// The customer's e-mail address.
    EmailAddress,
}

/// What the payer can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayerRemedy {
    SmallerAmount,
    LargerAmount,
    /// Another card or bank account.
    OtherMethod,
}

/// What of ours is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// The key, its mode or an address of ours: once it is mended, the same request succeeds.
    Settings,
    /// The request is malformed, and nothing was done.
    Request,
    /// Its idempotency key was used for another request. What that one did is unknown.
    KeyReused,
    /// The answer cannot be understood. What was done is unknown.
    Answer,
}

impl Reaction {
    /// Whether the refusal is an answer: nothing was done, and the same request will be refused again.
    pub fn is_final(self) -> bool {
        match self {
            Self::GoOnWithout(_) | Self::AskPayer(_) | Self::AskBusiness | Self::Alarm(Alarm::Request) => true,
            Self::Wait | Self::Alarm(Alarm::Settings | Alarm::KeyReused | Alarm::Answer) => false,
        }
    }
}
