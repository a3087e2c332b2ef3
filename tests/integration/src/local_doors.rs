//! Who may use the program on a laptop: this machine's own programs and pages, and no page from anywhere else.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use clock::Clock;
use function_runtime::IdGenerator;
use guichet::{Local, Options, Reach, StripeAccount};
use payment_gateway::Secret;
use reqwest::{Method, StatusCode};
use testing::{World, programs};

const KEY: &str = "gk_first_key_of_the_test";
const OTHER_KEY: &str = "gk_second_key_of_the_test";

fn options(folder: &Path) -> Options {
    Options {
        address: SocketAddr::from(([127, 0, 0, 1], 0)),
        data: folder.to_owned(),
        ephemeral: false,
        empty: true,
        reach: Reach::ThisMachine,
        api_key: None,
        stripe: None,
        clock: Clock::system(),
        ids: IdGenerator::system(),
        automatic: false,
        table_interceptor: None,
        first_pause: None,
        stream_handler: None,
    }
}

fn account() -> StripeAccount {
    StripeAccount {
        api_base: "http://127.0.0.1:9".to_owned(),
        secret_key: Secret::new("sk_test_of_a_real_account").unwrap(),
        webhook_secrets: vec![Secret::new("whsec_of_a_real_account").unwrap()],
    }
}

async fn status(request: reqwest::RequestBuilder) -> StatusCode {
    request.send().await.unwrap().status()
}

async fn refusal(options: Options) -> String {
    Local::start(options).await.map(|_| ()).unwrap_err().to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_for_this_machine_answers_no_foreign_host_and_nothing_forwarded() {
    let world = &World::new().await;
    let routes =
        ["/dev/", "/dev/mail", "/dev/clock", "/dev/stripe/v1/events", "/dev/stripe/pay/cs_1", "/dev/stripe/chaos"];
    for route in routes {
        let open = world.get(route).await;
        assert_ne!(open.status, StatusCode::FORBIDDEN, "{route}: {}", open.text);
        for (name, value) in [
            ("host", "rebound.example"),
            ("host", "127.0.0.1.example.com"),
            ("x-forwarded-for", "198.51.100.7"),
            ("x-forwarded-host", "127.0.0.1"),
            ("forwarded", "for=198.51.100.7"),
        ] {
            let refused = world.send(Method::GET, route, &[(name, value)], None).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{route} with {name}: {value}");
            assert!(refused.json()["detail"].as_str().is_some_and(|why| why.ends_with('.')), "{}", refused.text);
        }
    }
    let portal =
        world.send(Method::GET, "/healthz", &[("host", "pay.example.com"), ("x-forwarded-for", "::1")], None).await;
    assert_eq!(portal.status, StatusCode::OK, "the product itself is for everybody");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_for_this_machine_is_moved_by_no_page_from_elsewhere() {
    let world = &World::new().await;
    let (port, before) = (world.local.origin.rsplit_once(':').unwrap().1, world.now());
    let other_port = format!("http://127.0.0.1:{}", port.parse::<u16>().unwrap() ^ 1);
    let foreign: [&[(&str, &str)]; 5] = [
        &[("origin", "https://page.example"), ("sec-fetch-site", "cross-site"), ("content-type", "text/plain")],
        &[("origin", "https://page.example")],
        &[("origin", "null")],
        &[("origin", &other_port), ("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site")],
    ];
    for headers in foreign {
        for route in [
            "/dev/clock",
            "/dev/settle",
            "/dev/run-due",
            "/dev/reset",
            "/dev/ses/",
            "/dev/mail/outage",
            "/dev/stripe/v1/refunds",
            "/dev/stripe/payouts",
        ] {
            let body = Some(br#"{"advance":"PT2H"}"#.to_vec());
            let refused = world.send(Method::POST, route, headers, body).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{route} with {headers:?}: {}", refused.text);
        }
    }
    assert_eq!(world.now(), before);
    let own = [("origin", world.local.origin.as_str()), ("sec-fetch-site", "same-origin")];
    for headers in [&[][..], &own[..]] {
        let moved = world.send(Method::POST, "/dev/clock", headers, Some(br#"{"advance":"PT2H"}"#.to_vec())).await;
        assert_eq!(moved.status, StatusCode::OK, "{headers:?}: {}", moved.text);
    }
    assert_eq!(world.now(), before + jiff::SignedDuration::from_hours(4));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_table_answers_only_who_has_the_key_of_this_start() {
    let world = &World::new().await;
    let client = reqwest::Client::new();
    let scan = |credential: &str| {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={credential}/20260302/eu-west-3/dynamodb/aws4_request, SignedHeaders=host, Signature=00"
        );
        client
            .post(world.local.table_endpoint())
            .header("authorization", authorization)
            .header("x-amz-target", "DynamoDB_20120810.Scan")
            .header("content-type", "application/x-amz-json-1.0")
            .body(r#"{"TableName":"guichet-core"}"#)
    };
    let key = world.local.table_access_key();
    assert_eq!(status(scan(key)).await, StatusCode::OK);
    assert_eq!(status(scan("local")).await, StatusCode::FORBIDDEN);
    assert_eq!(status(scan(key).header("origin", "https://page.example")).await, StatusCode::FORBIDDEN);
    assert_eq!(status(scan(key).header("host", "rebound.example")).await, StatusCode::FORBIDDEN);
    let preflight = client.request(Method::OPTIONS, world.local.table_endpoint());
    let preflight = preflight.header("origin", "https://page.example").header("access-control-request-method", "POST");
    let preflight = preflight.send().await.unwrap();
    assert_eq!(preflight.status(), StatusCode::FORBIDDEN);
    assert!(!preflight.headers().contains_key("access-control-allow-origin"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_else_can_look_into_the_folder() {
    let outside = tempfile::tempdir().unwrap();
    let mode = |folder: &Path| std::fs::metadata(folder).unwrap().permissions().mode() & 0o777;
    let (new, old) = (outside.path().join("new"), outside.path().join("old"));
    std::fs::create_dir(&old).unwrap();
    std::fs::set_permissions(&old, std::fs::Permissions::from_mode(0o755)).unwrap();
    for folder in [&new, &old] {
        let local = Local::start(options(folder)).await.unwrap();
        assert_eq!(mode(folder), 0o700);
        local.stop().await.unwrap();
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        Local::open(options(folder)).await.unwrap().stop().await.unwrap();
        assert_eq!(mode(folder), 0o700, "a command closes it too");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replaced_key_opens_nothing_and_keys_can_be_listed_and_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let client = reqwest::Client::new();
    let opens = async |local: &Local, key: &str| {
        status(client.get(format!("{}/api/v1/business", local.origin)).bearer_auth(key)).await == StatusCode::OK
    };
    let start = async |key: Option<&str>| {
        Local::start(Options { api_key: key.map(str::to_owned), ..options(folder.path()) }).await.unwrap()
    };
    let command = |arguments: &[&str]| {
        let mut command = Command::new(programs::binary(programs::GUICHET));
        let output = command.env_clear().args(arguments).arg("--data").arg(folder.path()).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };

    let local = start(None).await;
    let own = local.api_key.clone();
    assert!(opens(&local, &own).await);
    let further = command(&["key", "create", "--name", "cash register"]).trim().to_owned();
    assert!(opens(&local, &further).await);
    local.stop().await.unwrap();

    let local = start(Some(KEY)).await;
    assert!(opens(&local, KEY).await);
    assert!(!opens(&local, &own).await, "the folder's own key is replaced");
    assert!(opens(&local, &further).await, "a key that somebody made is theirs to revoke");
    command(&["verify"]);
    assert!(!opens(&local, &own).await, "no command brings the folder's own key back");
    local.stop().await.unwrap();

    let local = start(Some(OTHER_KEY)).await;
    assert!(opens(&local, OTHER_KEY).await);
    assert!(!opens(&local, KEY).await);
    let listed = command(&["key", "list"]);
    assert_eq!(listed.lines().count(), 2, "{listed}");
    assert!(!listed.contains("gk_"), "{listed}");
    let id = listed.lines().find(|line| line.ends_with("  cash register")).unwrap().split("  ").next().unwrap();
    command(&["key", "revoke", id]);
    assert!(!opens(&local, &further).await);
    assert_eq!(command(&["key", "list"]).lines().count(), 1);
    local.stop().await.unwrap();

    let local = start(None).await;
    assert!(opens(&local, &own).await && !opens(&local, OTHER_KEY).await);
    local.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_would_open_a_door_is_refused_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let start = || options(folder.path());
    for (key, why) in
        [("gk_short", "at least 16"), ("one_without_the_prefix", "begin with gk_"), ("gk_with spaces in it", "ASCII")]
    {
        let refused = refusal(Options { api_key: Some(key.to_owned()), ..start() }).await;
        assert!(refused.contains(why) && !refused.contains(key), "{refused}");
    }
    let everywhere = SocketAddr::from(([0, 0, 0, 0], 0));
    let refused = refusal(Options { address: everywhere, ..start() }).await;
    assert!(refused.contains("--expose-to-network"), "{refused}");
    let refused = refusal(Options { address: everywhere, reach: Reach::Network, ..start() }).await;
    assert!(refused.contains("STRIPE_SECRET_KEY"), "{refused}");
    let exposed = Options { address: everywhere, reach: Reach::Network, stripe: Some(account()), ..start() };
    let refused = refusal(exposed).await;
    assert!(refused.contains("--addr"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_real_processor_there_is_a_mailbox_and_nothing_to_play_with() {
    let folder = tempfile::tempdir().unwrap();
    let local = Local::start(Options { stripe: Some(account()), ..options(folder.path()) }).await.unwrap();
    let client = reqwest::Client::new();
    for route in ["/dev/", "/dev/mail"] {
        let url = format!("{}{route}", local.origin);
        assert_eq!(status(client.get(&url)).await, StatusCode::OK, "{route}");
        assert_eq!(status(client.get(&url).header("x-forwarded-for", "198.51.100.7")).await, StatusCode::FORBIDDEN);
    }
    let page = client.get(format!("{}/dev/", local.origin)).send().await.unwrap().text().await.unwrap();
    assert!(!page.contains("/dev/clock"), "{page}");
    for route in [
        "/dev/clock",
        "/dev/reset",
        "/dev/run-due",
        "/dev/settle",
        "/dev/mail/outage",
        "/dev/stripe/v1/events",
        "/dev/stripe/chaos",
    ] {
        let answer = status(client.post(format!("{}{route}", local.origin))).await;
        assert!(answer == StatusCode::NOT_FOUND || answer == StatusCode::METHOD_NOT_ALLOWED, "{route}: {answer}");
    }
    assert_eq!(status(client.get(format!("{}/dev/clock", local.origin))).await, StatusCode::NOT_FOUND);
    local.stop().await.unwrap();

    let sandbox = Local::start(options(folder.path())).await.unwrap();
    sandbox.state.clock.advance(jiff::SignedDuration::from_hours(1));
    sandbox.stop().await.unwrap();
    let refused = refusal(Options { stripe: Some(account()), ..options(folder.path()) }).await;
    assert!(refused.contains("--data"), "{refused}");
}
