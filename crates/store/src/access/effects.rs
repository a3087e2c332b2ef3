//! Effects of facts: claimed before they are done, so that a worker that dies leaves a lease that runs out.

use jiff::Timestamp;
use receivables::BusinessId;

use super::accounts::{Page, Paged};
use super::due::DueItem;
use crate::error::StoreError;
use crate::items::effects::{self, EFFECT_KEPT, Effect, EffectKey, EffectState, StoredEffect};
use crate::items::{DUE_ATTRIBUTES, Index, number, text};
use crate::keys::{self, DueList};
use crate::table::{Query, Range, Store};
use crate::update::Update;

impl Store {
    /// Stores an effect that its worker is about to do, unless it is stored already. It is due again when the lease ends.
    pub async fn claim_new_effect(&self, effect: &Effect, until: Timestamp) -> Result<Option<DueItem>, StoreError> {
        let new = self.put_new(&self.tables.inbox, effects::of_effect(effect, until, 1)?).await?;
        Ok(new.then(|| DueItem::of_effect(&effect.key(), until, 1)))
    }

    /// Makes sure that an effect is stored, and so is done at an instant or was done before.
    pub async fn ensure_effect(&self, effect: &Effect, due_at: Timestamp) -> Result<(), StoreError> {
        self.put_new(&self.tables.inbox, effects::of_effect(effect, due_at, 0)?).await.map(drop)
    }

    pub async fn effect(&self, key: &EffectKey) -> Result<Option<StoredEffect>, StoreError> {
        self.get(&self.tables.inbox, &key.item()).await?.map(effects::effect).transpose()
    }

    /// Marks a claimed effect as done.
    pub async fn effect_done(&self, claimed: &DueItem, now: Timestamp) -> Result<bool, StoreError> {
        let kept_until = now.saturating_add(EFFECT_KEPT).unwrap_or(Timestamp::MAX).as_second();
        let set = format!("SET #state = :state, #ttl = :ttl REMOVE gsi2pk, gsi2sk, {DUE_ATTRIBUTES}");
        let values = vec![
            (":state", text(EffectState::Done.as_str())),
            (":ttl", number(kept_until)),
            (":seen", Self::seen(claimed)),
        ];
        self.move_effect(claimed, &set, values, vec![("#ttl", "ttl")]).await
    }

    /// Gives a claimed effect that was not done its next time, and lists it with the reason.
    pub async fn effect_failed(
        &self,
        key: &EffectKey,
        claimed: &DueItem,
        next: Timestamp,
        why: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let set = "SET #state = :state, due_at = :at, gsi3sk = :place, why = :why, gsi2pk = :list, gsi2sk = :listed";
        let mut values = failing(key, claimed, EffectState::Failing, why, now);
        values.extend([(":at", text(&next.to_string())), (":place", text(&keys::due_place(next, claimed.name())))]);
        self.move_effect(claimed, set, values, Vec::new()).await
    }

    /// Gives a claimed effect up: it stays listed with the reason, and is not tried again by itself.
    pub async fn effect_given_up(
        &self,
        key: &EffectKey,
        claimed: &DueItem,
        why: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let set = "SET #state = :state, why = :why, gsi2pk = :list, gsi2sk = :listed REMOVE gsi3pk, gsi3sk, due_at";
        let values = failing(key, claimed, EffectState::GivenUp, why, now);
        self.move_effect(claimed, set, values, Vec::new()).await
    }

    /// Makes an effect that fails or was given up due at an instant, unless it was done meanwhile.
    pub async fn retry_effect(&self, key: &EffectKey, at: Timestamp) -> Result<bool, StoreError> {
        let (item, name) = (key.item(), key.name());
        let values = vec![
            (":failing", text(EffectState::Failing.as_str())),
            (":given_up", text(EffectState::GivenUp.as_str())),
            (":at", text(&at.to_string())),
            (":due", text(&DueList::Sends.partition_of(&name))),
            (":place", text(&keys::due_place(at, &name))),
        ];
        let update = Update {
            key: &item,
            set: "SET #state = :failing, due_at = :at, gsi3pk = :due, gsi3sk = :place",
            condition: "#state = :failing OR #state = :given_up",
            values,
            names: vec![("#state", "state")],
        };
        self.update(&self.tables.inbox, update).await
    }

    /// The effects of a business that fail or were given up, by the instant of their last try.
    pub async fn failing_effects(&self, b: &BusinessId, page: &Page) -> Result<Paged<StoredEffect>, StoreError> {
        let pk = keys::effects_failing(b);
        let start = page.cursor.as_deref().and_then(|cursor| super::accounts::start_of(cursor, Index::List, &pk));
        let query = Query { limit: Some(page.limit()), start, ..Query::of(Index::List, &pk, Range::All) };
        let (items, last) = self.page(&self.tables.inbox, query).await?;
        let next_cursor = last.and_then(|last| super::accounts::cursor_of(&last, Index::List));
        Ok(Paged { items: items.into_iter().map(effects::effect).collect::<Result<_, _>>()?, next_cursor })
    }

    async fn move_effect(
        &self,
        claimed: &DueItem,
        set: &str,
        values: Vec<(&'static str, aws_sdk_dynamodb::types::AttributeValue)>,
        mut names: Vec<(&'static str, &'static str)>,
    ) -> Result<bool, StoreError> {
        names.push(("#state", "state"));
        self.move_due(claimed, set, values, names).await
    }
}

fn failing(
    key: &EffectKey,
    claimed: &DueItem,
    state: EffectState,
    why: &str,
    now: Timestamp,
) -> Vec<(&'static str, aws_sdk_dynamodb::types::AttributeValue)> {
    vec![
        (":state", text(state.as_str())),
        (":why", text(why)),
        (":list", text(&keys::effects_failing(&key.business))),
        (":listed", text(&format!("{now:.3}#{}", key.name()))),
        (":seen", Store::seen(claimed)),
    ]
}
