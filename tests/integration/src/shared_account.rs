//! Two businesses that are paid through one account at the provider.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use jiff::civil::date;
use operations::{OperationError, StartPayment};
use receivables::customer::Profile;
use receivables::invoice::{Draft, DraftLine, DraftSchedule};
use receivables::journal::JournalAccount;
use receivables::payment::Origin;
use receivables::{Business, BusinessId, Currency, CustomerId, InvoiceId, Locale, Money, PayLinkId, PaymentId};
use reqwest::{Method, StatusCode};
use serde_json::json;
use store::Page;
use testing::World;

const OTHER: &str = "01JD8Z0000ABCDEFGHJKMNPQRS";

async fn business(world: &World) -> Business {
    world.local.state.context.store.business(&world.local.business).await.unwrap().unwrap()
}

/// A second business, and the payment of an invoice of 40.00 to it, which its owner has heard of.
async fn paid_to_the_other(world: &World, other: &Business) -> PaymentId {
    let (context, now) = (&world.local.state.context, world.now());
    let profile = Profile {
        external_id: None,
        name: "Theirs".parse().unwrap(),
        email: None,
        locale: Some(Locale::English),
        provider_ids: BTreeMap::new(),
    };
    let customer = CustomerId::from_ulid(OTHER).unwrap();
    operations::register_customer(context, other, customer.clone(), profile, now).await.unwrap();
    let amount = Money::parse("40.00", Currency::EUR).unwrap();
    let work = DraftLine {
        description: "Work".parse().unwrap(),
        quantity: rust_decimal::Decimal::ONE,
        unit_price: amount,
        tax_rate: rust_decimal::Decimal::ZERO,
    };
    let draft = Draft {
        external_id: None,
        number: "T-1".parse().unwrap(),
        currency: Currency::EUR,
        purchase_order: None,
        issued_on: date(2026, 3, 2),
        schedule: DraftSchedule::On(date(2026, 4, 1)),
        lines: vec![work],
    };
    let (invoice, link) = (InvoiceId::from_ulid(OTHER).unwrap(), PayLinkId::from_ulid(OTHER).unwrap());
    operations::issue_invoice(context, other, invoice.clone(), link, &customer, draft, now).await.unwrap();
    let id = PaymentId::from_ulid(OTHER).unwrap();
    let parts = vec![(invoice, amount)];
    let start = StartPayment { id: id.clone(), origin: Origin::Portal, locale: Locale::English, parts };
    let started = Box::pin(operations::start_payment(context, other, start, now)).await.unwrap();
    world.submit_hosted(&started.checkout_url, "4000000000000077").await;
    id
}

/// What the journal of a business comes to, by account, in minor units.
async fn journal(world: &World, business: &Business) -> BTreeMap<&'static str, i64> {
    let context = &world.local.state.context;
    let lines = operations::journal(context, business, date(2026, 3, 1), date(2026, 3, 31)).await.unwrap().unwrap();
    let mut sums: BTreeMap<&'static str, i64> = BTreeMap::new();
    for line in &lines {
        *sums.entry(line.account.as_str()).or_default() += line.amount.minor();
    }
    assert_eq!(sums.values().sum::<i64>(), 0, "{lines:#?}");
    sums.retain(|_, sum| *sum != 0);
    sums
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_is_shared_only_once_its_owner_is_named() {
    let world = &World::new().await;
    let context = &world.local.state.context;
    let other = Business { id: BusinessId::from_ulid(OTHER).unwrap(), ..business(world).await };
    let refused = operations::put_business(context, &other, world.now()).await;
    let Err(OperationError::Misconfigured(why)) = refused else { panic!("{refused:?}") };
    assert!(why.contains(world.local.business.as_str()) && why.contains("owns_provider_account"), "{why}");
    assert!(context.store.business(&other.id).await.unwrap().is_none());
    let own = json!({"owns_provider_account": true, "reason": "It is our account"});
    for _ in 0..2 {
        let owner = world.ask(Method::PATCH, "/business", Some(own.clone())).await;
        assert_eq!(owner["owns_provider_account"], true, "{owner:#}");
    }
    operations::put_business(context, &other, world.now()).await.unwrap();
    assert_eq!(operations::own_accounts(context, &other.id).await.unwrap(), Some(world.local.business.clone()));
    let given_up = json!({"owns_provider_account": false, "reason": "Another's"});
    let given_up = world.api(Method::PATCH, "/business", Some(given_up)).await;
    assert_eq!(given_up.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", given_up.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_business_has_its_own_and_strangers_and_the_bank_are_the_owners() {
    let world = &World::new().await;
    let context = &world.local.state.context;
    let owner = business(world).await;
    let other = Business { id: BusinessId::from_ulid(OTHER).unwrap(), ..owner.clone() };
    operations::own_accounts(context, &owner.id).await.unwrap();
    operations::put_business(context, &other, world.now()).await.unwrap();

    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "75.00").await;
    let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), "75.00").await;
    world.pay_hosted(pressed.location(), "4000000000000077").await;
    let theirs = paid_to_the_other(world, &other).await;
    let stranger = json!({"amount": 2_000, "currency": "eur", "with_intent": true});
    world.stripe_control("/foreign_charge", &stranger).await;
    world.drain().await;
    // Only the owner reads the provider's list, for both.
    let swept = operations::sweep_provider_events(context, &other.id, world.now(), world.now()).await.unwrap();
    assert_eq!(swept.listed, 0);
    let since = world.now().saturating_sub(SignedDuration::from_hours(1)).unwrap();
    operations::sweep_provider_events(context, &owner.id, since, world.now()).await.unwrap();
    world.drain().await;
    let payment = context.store.payment(&other.id, &theirs).await.unwrap().unwrap();
    assert_eq!(payment.status(), "settled");
    let unidentified = async |b: &BusinessId| {
        let listed = context.store.unidentified(b, &Page::first(50)).await.unwrap().items;
        listed.into_iter().flat_map(|money| money.held).map(Money::to_plain).collect::<Vec<String>>()
    };
    assert_eq!(unidentified(&owner.id).await, ["20.00"], "the stranger's");
    assert!(unidentified(&other.id).await.is_empty());

    // One payout of all three, once what is left of each is there to be paid out.
    world.advance(SignedDuration::from_hours(24 * 3));
    world.drain().await;
    world.stripe_control("/payouts", &json!({})).await;
    world.advance(SignedDuration::from_mins(1));
    world.drain().await;
    operations::sweep_provider_events(context, &owner.id, since, world.now()).await.unwrap();
    world.drain().await;
    let (ours, part) = (journal(world, &owner).await, journal(world, &other).await);
    let known = |word: JournalAccount| word.as_str();
    let fees = |sums: &BTreeMap<&'static str, i64>| sums[known(JournalAccount::Fees)];
    // 135.00 came, less the fees of all three; of it 40.00 less its fee is the other's.
    let owed = 4_000 - fees(&part);
    assert_eq!(
        part,
        BTreeMap::from([
            (known(JournalAccount::Invoiced), -4_000),
            (known(JournalAccount::Fees), fees(&part)),
            (known(JournalAccount::OtherBusinesses), owed),
        ])
    );
    assert_eq!(
        ours,
        BTreeMap::from([
            (known(JournalAccount::Invoiced), -7_500),
            (known(JournalAccount::Unidentified), -2_000),
            (known(JournalAccount::Fees), fees(&ours)),
            (known(JournalAccount::OtherBusinesses), -owed),
            (known(JournalAccount::Bank), 13_500 - fees(&ours) - fees(&part)),
        ])
    );
    let payouts = context.store.payouts(&other.id, &Page::first(5)).await.unwrap().items;
    assert_eq!((payouts.len(), payouts[0].state.amount.minor()), (1, owed));
    assert_eq!(payouts[0].part_of, Some(owner.id.clone()));
    world.verify().await;
    let proof = operations::verify_books(context, &other.id).await.unwrap();
    assert!(proof.differences.is_empty(), "{:?}", proof.differences);
}
