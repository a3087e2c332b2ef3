//! Signing in: requests, their single use, and sessions.

use jiff::{SignedDuration, Timestamp};
use receivables::{BusinessId, SignInId};

use crate::error::StoreError;
use crate::items::sign_ins::{self, Session, SignIn, TokenRecord};
use crate::items::{Item, expiring, item, number, record, text};
use crate::keys;
use crate::table::Store;
use crate::update::Update;

/// How often a code may be tried.
pub const SIGN_IN_TRIES: u32 = 5;
/// Sign-in mails to one address in an hour.
pub const SIGN_IN_MAILS_AN_HOUR: u32 = 5;
/// How long a session lasts while nothing is done.
pub const SESSION_IDLE: SignedDuration = SignedDuration::from_mins(30);
/// How long a session lasts at most.
pub const SESSION_LONGEST: SignedDuration = SignedDuration::from_hours(12);
/// A session is only written again when this much of its idle time has passed, so that most pages write nothing.
const SESSION_SLIDE_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// What came of trying a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeCheck {
    /// It is right, and used up now.
    Right(SignIn),
    /// It is wrong, used up, expired, unknown, or was tried too often.
    Wrong,
}

impl Store {
    /// Counts a sign-in mail to an address. Says whether it may be sent.
    pub async fn count_sign_in_mail(
        &self,
        b: &BusinessId,
        address_hash: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let key = keys::sign_in_mails(b, address_hash, now);
        let ends = now.saturating_add(SignedDuration::from_hours(2)).unwrap_or(Timestamp::MAX).as_second();
        let update = Update {
            key: &key,
            set: "SET #count = if_not_exists(#count, :none) + :one, #ttl = :ttl",
            condition: "attribute_not_exists(pk) OR #count < :most",
            values: vec![
                (":none", number(0)),
                (":one", number(1)),
                (":most", number(SIGN_IN_MAILS_AN_HOUR)),
                (":ttl", number(ends)),
            ],
            names: vec![("#count", "count"), ("#ttl", "ttl")],
        };
        self.update(&self.tables.inbox, update).await
    }

    /// Keeps a request to sign in, and the hash of its link's token.
    pub async fn put_sign_in(&self, sign_in: &SignIn, token_hash: &str) -> Result<(), StoreError> {
        self.put(&self.tables.inbox, sign_ins::of_sign_in(sign_in)?).await?;
        let pointer = TokenRecord { business: sign_in.business.clone(), sign_in: sign_in.id.clone() };
        let item = item(&keys::sign_in_token(token_hash), &pointer)?;
        self.put(&self.tables.inbox, expiring(item, sign_in.ends_at)).await
    }

    /// A request to sign in.
    pub async fn sign_in(&self, b: &BusinessId, id: &SignInId) -> Result<Option<SignIn>, StoreError> {
        self.get(&self.tables.inbox, &keys::sign_in(b, id)).await?.map(sign_ins::sign_in).transpose()
    }

    /// Uses up a sign-in link. `None` where it is unknown, used up or expired.
    pub async fn spend_sign_in_link(
        &self,
        b: &BusinessId,
        token_hash: &str,
        now: Timestamp,
    ) -> Result<Option<SignIn>, StoreError> {
        let Some(pointer) = self.get(&self.tables.inbox, &keys::sign_in_token(token_hash)).await? else {
            return Ok(None);
        };
        let pointer: TokenRecord = record(pointer)?;
        if pointer.business != *b {
            return Ok(None);
        }
        self.spend(b, &pointer.sign_in, now).await
    }

    /// Tries a code. Every try counts, right or wrong, before it is compared.
    pub async fn try_sign_in_code(
        &self,
        b: &BusinessId,
        id: &SignInId,
        code_hash: &str,
        now: Timestamp,
    ) -> Result<CodeCheck, StoreError> {
        let key = keys::sign_in(b, id);
        let update = Update {
            key: &key,
            set: "SET code_tries = code_tries + :one",
            condition: "attribute_exists(pk) AND code_tries < :most AND spent = :no",
            values: vec![
                (":one", number(1)),
                (":most", number(SIGN_IN_TRIES)),
                (":no", aws_sdk_dynamodb::types::AttributeValue::Bool(false)),
            ],
            names: Vec::new(),
        };
        if !self.update(&self.tables.inbox, update).await? {
            return Ok(CodeCheck::Wrong);
        }
        let Some(item) = self.get(&self.tables.inbox, &key).await? else { return Ok(CodeCheck::Wrong) };
        if sign_ins::sign_in(item)?.code_hash != code_hash {
            return Ok(CodeCheck::Wrong);
        }
        Ok(self.spend(b, id, now).await?.map_or(CodeCheck::Wrong, CodeCheck::Right))
    }

    /// Marks a request as used, if it is not and has not ended. The condition makes it single use.
    async fn spend(&self, b: &BusinessId, id: &SignInId, now: Timestamp) -> Result<Option<SignIn>, StoreError> {
        let key = keys::sign_in(b, id);
        let Some(item) = self.get(&self.tables.inbox, &key).await? else { return Ok(None) };
        let sign_in = sign_ins::sign_in(item)?;
        if now >= sign_in.ends_at {
            return Ok(None);
        }
        let boolean = aws_sdk_dynamodb::types::AttributeValue::Bool;
        let update = Update {
            key: &key,
            set: "SET spent = :yes",
            condition: "spent = :no",
            values: vec![(":yes", boolean(true)), (":no", boolean(false))],
            names: Vec::new(),
        };
        Ok(self.update(&self.tables.inbox, update).await?.then_some(sign_in))
    }

    /// Keeps a session under its token's hash.
    pub async fn put_session(&self, token_hash: &str, session: &Session) -> Result<(), StoreError> {
        self.put(&self.tables.inbox, sign_ins::of_session(token_hash, session)?).await
    }

    /// The session of a token's hash, unless it has ended; its idle time begins anew.
    pub async fn session(&self, token_hash: &str, now: Timestamp) -> Result<Option<Session>, StoreError> {
        let key = keys::session(token_hash);
        let Some(item) = self.get(&self.tables.inbox, &key).await? else { return Ok(None) };
        let mut session = sign_ins::session(item)?;
        if now >= session.idle_ends_at || now >= session.ends_at {
            return Ok(None);
        }
        let idle_ends_at = now.saturating_add(SESSION_IDLE).unwrap_or(Timestamp::MAX).min(session.ends_at);
        if idle_ends_at.duration_since(session.idle_ends_at) >= SESSION_SLIDE_AFTER {
            let update = Update {
                key: &key,
                set: "SET idle_ends_at = :ends",
                condition: "attribute_exists(pk)",
                values: vec![(":ends", text(&idle_ends_at.to_string()))],
                names: Vec::new(),
            };
            self.update(&self.tables.inbox, update).await?;
            session.idle_ends_at = idle_ends_at;
        }
        Ok(Some(session))
    }

    /// Ends a session.
    pub async fn end_session(&self, token_hash: &str) -> Result<(), StoreError> {
        let key: Item = {
            let key = keys::session(token_hash);
            Item::from([("pk".to_owned(), text(&key.pk)), ("sk".to_owned(), text(&key.sk))])
        };
        self.delete(&self.tables.inbox, self.client.delete_item().set_key(Some(key))).await
    }
}
