//! The conditions in which SES takes no mail, in its own words.

/// Why SES takes no mail for a time, or does not say that it took one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// As many mails were sent in 24 hours as the account may send.
    DailyQuota,
    /// Mails are sent faster than the account may send them.
    SendingRate,
    /// The account may not send until a person has spoken with AWS.
    AccountPaused,
    /// The sender's address or domain is not verified, or not any more.
    IdentityNotVerified,
    /// The records of the sender's MAIL FROM domain are gone.
    MailFromNotVerified,
    /// The role may not send.
    Denied,
    /// The mail is taken, and answered with an error of the server.
    FailsAfterTaking,
}

impl Condition {
    pub const ALL: [Self; 7] = [
        Self::DailyQuota,
        Self::SendingRate,
        Self::AccountPaused,
        Self::IdentityNotVerified,
        Self::MailFromNotVerified,
        Self::Denied,
        Self::FailsAfterTaking,
    ];

    /// The HTTP status, the code and the text of the answer.
    pub(super) fn answer(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::DailyQuota => (400, "Throttling", "Daily message quota exceeded."),
            Self::SendingRate => (400, "Throttling", "Maximum sending rate exceeded."),
            Self::AccountPaused => {
                (400, "AccountSendingPausedException", "Email sending is disabled for your entire account.")
            }
            Self::IdentityNotVerified => (
                400,
                "MessageRejected",
                "Email address is not verified. The following identities failed the check in region EU-WEST-3",
            ),
            Self::MailFromNotVerified => {
                (400, "MailFromDomainNotVerifiedException", "The domain that is used as MAIL FROM is not verified.")
            }
            Self::Denied => (403, "AccessDenied", "The role is not authorized to perform: ses:SendRawEmail"),
            Self::FailsAfterTaking => (500, "InternalFailure", "The request failed because of an unknown error."),
        }
    }

    /// Whether the mail is taken all the same.
    pub(super) fn takes_mail(self) -> bool {
        self == Self::FailsAfterTaking
    }
}
