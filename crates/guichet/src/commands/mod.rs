//! The command line.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is the program that people run")]

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use clock::Clock;
use function_runtime::IdGenerator;
use function_runtime::config::{Reader, environment};
use jiff::Timestamp;
use operations::{ImportIds, Progress, Replay, import_invoices, replay_events};
use payment_gateway::stripe::Secret;
use receivables::text::{EmailAddress, PartyName};
use receivables::{BillingZone, Business, Currency, Locale};
use store::ApiKey;
use tracing_subscriber::EnvFilter;

use crate::demo;
use crate::process::{Local, Options, StripeAccount};

/// Where `guichet run` listens if nothing is said, and so the origin of links that other commands print.
const PORT: u16 = 3000;

/// Guichet: the window where customers pay.
#[derive(Parser)]
#[command(name = "guichet", version, about, long_about = None)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: RunArguments,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the whole product in one process (the default).
    Run(RunArguments),
    /// Import invoices from a CSV file.
    Import(ImportArguments),
    /// Prove the books: recompute everything and list what disagrees.
    Verify(FolderArguments),
    /// Hear recorded provider events again: all that are kept, where nothing is said.
    Replay(ReplayArguments),
    /// Businesses.
    #[command(subcommand)]
    Business(BusinessCommand),
    /// API keys.
    #[command(subcommand)]
    Key(KeyCommand),
}

#[derive(Args, Clone)]
struct RunArguments {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:3000")]
    addr: SocketAddr,
    #[command(flatten)]
    folder: FolderArguments,
    /// Keep everything in a folder of its own and throw it away at the end.
    #[arg(long)]
    ephemeral: bool,
    /// Leave out the demo's customers and invoices.
    #[arg(long)]
    empty: bool,
}

#[derive(Args, Clone)]
struct FolderArguments {
    /// The folder that holds everything.
    #[arg(long, default_value = ".guichet")]
    data: PathBuf,
}

#[derive(Args)]
struct ImportArguments {
    /// The file: a header row, then one row per invoice line.
    file: PathBuf,
    /// Keep the good invoices of a file that has errors.
    #[arg(long)]
    keep_good: bool,
    #[command(flatten)]
    folder: FolderArguments,
}

#[derive(Args)]
struct ReplayArguments {
    /// Those received since this instant, RFC 3339.
    #[arg(long, conflicts_with = "all_failed")]
    since: Option<Timestamp>,
    /// Those in quarantine.
    #[arg(long)]
    all_failed: bool,
    #[command(flatten)]
    folder: FolderArguments,
}

#[derive(Subcommand)]
enum BusinessCommand {
    /// Make a business.
    Create(BusinessArguments),
}

#[derive(Args)]
struct BusinessArguments {
    /// The name its customers know.
    #[arg(long)]
    name: PartyName,
    /// Where its mail is sent from.
    #[arg(long)]
    email: EmailAddress,
    /// The currency of its invoices where none is said.
    #[arg(long, default_value = "EUR")]
    currency: Currency,
    /// Where its days begin and end.
    #[arg(long, default_value = "Europe/Paris")]
    time_zone: String,
    /// The locales it writes, the first where a reader's is not among them.
    #[arg(long, value_delimiter = ',', default_value = "en,fr")]
    locales: Vec<Locale>,
    /// The host name that stands for it.
    #[arg(long)]
    host: Option<String>,
    #[command(flatten)]
    folder: FolderArguments,
}

#[derive(Subcommand)]
enum KeyCommand {
    /// Make a key of the API. It is shown once.
    Create(KeyArguments),
}

#[derive(Args)]
struct KeyArguments {
    /// What to call it.
    #[arg(long, default_value = "key")]
    name: String,
    /// The business; the folder's own where none is said.
    #[arg(long)]
    business: Option<receivables::BusinessId>,
    #[command(flatten)]
    folder: FolderArguments,
}

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = environment("GUICHET_LOG").and_then(|filter| filter.parse::<EnvFilter>().ok());
    // The table warns of each condition that does not hold, which is how it is asked.
    let filter = filter.unwrap_or_else(|| EnvFilter::new("warn,dynoxide=error"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    let done = runtime.block_on(async {
        match cli.command {
            None => run(cli.run).await,
            Some(Command::Run(arguments)) => run(arguments).await,
            Some(Command::Import(arguments)) => import(arguments).await,
            Some(Command::Verify(arguments)) => verify(arguments).await,
            Some(Command::Replay(arguments)) => replay(arguments).await,
            Some(Command::Business(BusinessCommand::Create(arguments))) => create_business(arguments).await,
            Some(Command::Key(KeyCommand::Create(arguments))) => create_key(arguments).await,
        }
    });
    match done {
        Ok(code) => code,
        Err(error) => fail(&*error),
    }
}

type Outcome = Result<ExitCode, Box<dyn std::error::Error>>;

fn fail(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("guichet: {error}");
    ExitCode::FAILURE
}

async fn run(arguments: RunArguments) -> Outcome {
    let data = if arguments.ephemeral { ephemeral_folder() } else { arguments.folder.data.clone() };
    let options = Options {
        address: arguments.addr,
        ephemeral: arguments.ephemeral,
        empty: arguments.empty,
        api_key: environment("GUICHET_API_KEY").filter(|key| !key.trim().is_empty()),
        stripe: stripe_account()?,
        ..options(&data)
    };
    let local = Local::start(options).await?;
    announce(&local).await?;
    stopped().await?;
    // Whoever read what was printed may be gone by now.
    let _ = writeln!(std::io::stdout(), "stopping");
    local.stop().await?;
    Ok(ExitCode::SUCCESS)
}

async fn announce(local: &Local) -> Result<(), Box<dyn std::error::Error>> {
    println!("portal    {}/", local.origin);
    if let Some(link) = demo::pay_link(&local.state, &local.business).await? {
        println!("pay link  {}", local.state.context.links.pay_url(&link));
    }
    println!("mailbox   {}/dev/", local.origin);
    println!("api docs  {}/api/docs", local.origin);
    println!("api key   {}", local.api_key);
    println!("business  {}", local.business);
    println!("data      {}", local.folder().display());
    println!("ready; press Ctrl-C to stop");
    std::io::stdout().flush()?;
    Ok(())
}

/// Returns when the process is asked to end.
async fn stopped() -> std::io::Result<()> {
    let mut terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminated.recv() => Ok(()),
    }
}

/// An account at the real Stripe, where the environment names one: all of it or nothing.
fn stripe_account() -> Result<Option<StripeAccount>, Box<dyn std::error::Error>> {
    let Some(secret_key) = environment("STRIPE_SECRET_KEY") else { return Ok(None) };
    let mut reader = Reader::new(&environment);
    let secrets = reader.webhook_secrets();
    let webhook_secrets = reader.finish(secrets)?;
    let api_base = environment("STRIPE_API_BASE").unwrap_or_else(|| "https://api.stripe.com".to_owned());
    Ok(Some(StripeAccount { api_base, secret_key: Secret::new(secret_key)?, webhook_secrets }))
}

fn options(data: &Path) -> Options {
    Options {
        address: SocketAddr::from(([127, 0, 0, 1], PORT)),
        data: data.to_owned(),
        ephemeral: false,
        empty: true,
        api_key: None,
        stripe: None,
        clock: Clock::system(),
        ids: IdGenerator::system(),
        by_itself: true,
        table_interceptor: None,
        first_pause: None,
        stream_handler: None,
    }
}

fn ephemeral_folder() -> PathBuf {
    std::env::temp_dir().join(format!("guichet-{}", IdGenerator::system().token()))
}

/// A folder opened for one command, beside a running process or without one.
async fn opened(folder: &FolderArguments) -> Result<Local, Box<dyn std::error::Error>> {
    Ok(Local::open(options(&folder.data)).await?)
}

async fn verify(arguments: FolderArguments) -> Outcome {
    let local = opened(&arguments).await?;
    let proof = operations::verify_books(&local.state.context, &local.business).await?;
    for difference in &proof.differences {
        println!("{difference}");
    }
    println!(
        "{} accounts, {} invoices, {} payments, {} ledger entries; {} differences",
        proof.accounts,
        proof.invoices,
        proof.payments,
        proof.entries,
        proof.differences.len()
    );
    let code = if proof.differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    local.stop().await?;
    Ok(code)
}

async fn replay(arguments: ReplayArguments) -> Outcome {
    let local = opened(&arguments.folder).await?;
    let which = match (arguments.since, arguments.all_failed) {
        (Some(since), _) => Replay::Since(since, None),
        (None, true) => Replay::AllFailed,
        (None, false) => Replay::All,
    };
    let (state, now) = (&local.state, local.state.clock.now());
    let heard = replay_events(&state.context, &local.business, which, usize::MAX, now).await?;
    println!(
        "{} replayed: {} in the books, {} nothing, {} unmatched, {} quarantined, {} failed",
        heard.replayed, heard.in_the_books, heard.nothing, heard.unmatched, heard.quarantined, heard.failed
    );
    let whole = heard.quarantined + heard.failed == 0;
    local.stop().await?;
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn create_business(arguments: BusinessArguments) -> Outcome {
    let local = opened(&arguments.folder).await?;
    let business = Business {
        id: local.state.ids.business_id(local.state.clock.now()),
        name: arguments.name,
        default_currency: arguments.currency,
        time_zone: BillingZone::named(&arguments.time_zone)?,
        locales: arguments.locales,
        email: arguments.email,
        write_off_tolerances: std::collections::BTreeMap::new(),
        version: 1,
    };
    operations::put_business(&local.state.context, &business, local.state.clock.now()).await?;
    if let Some(host) = &arguments.host {
        local.state.context.store.put_host(host, &business.id).await?;
    }
    println!("{}", business.id);
    local.stop().await?;
    Ok(ExitCode::SUCCESS)
}

async fn create_key(arguments: KeyArguments) -> Outcome {
    let local = opened(&arguments.folder).await?;
    let business = arguments.business.unwrap_or_else(|| local.business.clone());
    if local.state.context.store.business(&business).await?.is_none() {
        return Err(format!("--business: there is no business {business}").into());
    }
    let secret = format!("gk_{}", local.state.ids.token());
    let id = local.state.ids.key_id(local.state.clock.now());
    let key = ApiKey { id, business, name: arguments.name };
    local.state.context.store.put_key(&operations::Links::hash(&secret), &key).await?;
    println!("{secret}");
    local.stop().await?;
    Ok(ExitCode::SUCCESS)
}

async fn import(arguments: ImportArguments) -> Outcome {
    let file = std::fs::read(&arguments.file).map_err(|error| format!("{}: {error}", arguments.file.display()))?;
    let local = opened(&arguments.folder).await?;
    let (state, now) = (local.state.clone(), local.state.clock.now());
    let business = state.business(&local.business).await?;
    let ids = ImportIds {
        customer: &|| state.ids.customer_id(now),
        invoice: &|| state.ids.invoice_id(now),
        pay_link: &|| state.ids.pay_link_id(now),
    };
    let shown = |progress: Progress| {
        if progress.done.is_multiple_of(100) || progress.done == progress.of {
            eprint!("\r{} of {} invoices", progress.done, progress.of);
        }
    };
    let report = import_invoices(&state.context, &business, ids, &file, arguments.keep_good, shown, now).await?;
    if report.issued > 0 {
        eprintln!();
    }
    for error in &report.errors {
        let column = error.column.map(|column| format!(", {column}")).unwrap_or_default();
        eprintln!("line {}{column}: {}", error.line, error.message);
    }
    if report.errors_total > report.errors.len() {
        eprintln!("and {} more", report.errors_total - report.errors.len());
    }
    println!(
        "{} rows, {} invoices: {} issued, {} known already; {} customers registered; {} errors",
        report.rows, report.invoices, report.issued, report.known, report.customers, report.errors_total
    );
    let whole = report.is_whole();
    if !whole && !arguments.keep_good {
        println!("nothing of the file was kept; --keep-good keeps its good invoices");
    }
    local.stop().await?;
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
