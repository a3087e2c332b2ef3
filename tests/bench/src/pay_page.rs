//! The pay page, as a phone gets it: its bytes, and what Lighthouse says of it.

use std::process::{Command, Stdio};

use reqwest::Client;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING};
use serde_json::Value;
use tokio::runtime::Builder;

use crate::effort::Effort;
use crate::figures::{median, size};
use crate::table::{Table, Target};
use crate::{Outcome, programs, running};

const PAGE_BYTES_MAX: usize = 10_000;
const SCRIPT_BYTES_MAX: u64 = 1_000;
const PERFORMANCE_MIN: u64 = 98;
/// Runs of Lighthouse; its scores differ a little from one to the next.
const RUNS: usize = 3;
const CATEGORIES: [&str; 4] = ["performance", "accessibility", "best-practices", "seo"];
const CHROMIUM_FLAGS: &str = "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run \
    --disable-background-networking --disable-component-update --disable-sync";

pub(crate) fn measure(effort: &Effort, table: &mut Table) -> Outcome {
    let program = programs::guichet(true)?;
    let folder = tempfile::tempdir()?;
    let ready = running::guichet(&program, folder.path())?;
    Builder::new_current_thread().enable_all().build()?.block_on(bytes(&ready.origin, &ready.pay_link, table))?;
    let runs = if effort.quick { 1 } else { RUNS };
    match (0..runs).map(|_| lighthouse(&ready.pay_link)).collect::<Outcome<Vec<Value>>>() {
        Ok(reports) => said_by_lighthouse(&ready.origin, &reports, table)?,
        Err(error) => table.absent("pay page: Lighthouse", &error.to_string()),
    }
    ready.running.stop()
}

async fn bytes(origin: &str, pay_link: &str, table: &mut Table) -> Outcome {
    let client = Client::new();
    let html = client.get(pay_link).send().await?.text().await?;
    let stylesheet = attribute(&html, "<link rel=\"stylesheet\"", "href").ok_or("the page has no stylesheet")?;
    let stylesheets = html.matches("rel=\"stylesheet\"").count();
    let page = compressed(&client, pay_link).await?;
    let css = compressed(&client, &format!("{origin}{stylesheet}")).await?;
    let both = page + css;
    let said = format!("{both} B ({page} + {css}), {stylesheets} stylesheet");
    let how = "bodies as `guichet run` sends them to a browser that takes brotli; the demo's first pay link";
    table.aimed("pay page: HTML + CSS, brotli", said, Target::at_most(&both, &PAGE_BYTES_MAX, "10 kB"), how);
    let scripts = html.matches("<script").count();
    table.figure("pay page: script elements", scripts.to_string(), "in the HTML");
    Ok(())
}

async fn compressed(client: &Client, url: &str) -> Outcome<usize> {
    let response = client.get(url).header(ACCEPT_ENCODING, "br").send().await?.error_for_status()?;
    if response.headers().get(CONTENT_ENCODING).is_none_or(|encoding| encoding != "br") {
        return Err(format!("{url} did not come in brotli").into());
    }
    Ok(response.bytes().await?.len())
}

/// The value of an attribute of the first element that begins so.
fn attribute<'a>(html: &'a str, element: &str, name: &str) -> Option<&'a str> {
    let element = html.split_once(element)?.1.split('>').next()?;
    element.split_once(&format!("{name}=\""))?.1.split('"').next()
}

/// One run of Lighthouse with its own settings for a phone, nothing in its cache.
fn lighthouse(url: &str) -> Outcome<Value> {
    let chrome = std::env::var_os("CHROME").ok_or("CHROME does not name a browser; `cargo xtask bench` sets it")?;
    let cli = programs::root().join("tests/browser/node_modules/lighthouse/cli/index.js");
    if !cli.is_file() {
        return Err("lighthouse is not installed in tests/browser; `cargo xtask bench` installs it".into());
    }
    let profile = tempfile::tempdir()?;
    let flags = format!("{CHROMIUM_FLAGS} --user-data-dir={}", profile.path().display());
    let mut node = Command::new("node");
    node.arg(cli).arg(url).args(["--output=json", "--output-path=stdout", "--quiet", "--no-enable-error-reporting"]);
    node.arg(format!("--only-categories={}", CATEGORIES.join(","))).arg(format!("--chrome-flags={flags}"));
    let output = node.env("CHROME_PATH", chrome).stdin(Stdio::null()).output()?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("lighthouse failed: {}", complaint.lines().last().unwrap_or_default()).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn said_by_lighthouse(origin: &str, reports: &[Value], table: &mut Table) -> Outcome {
    let how = format!("lighthouse 12.8.2, its phone settings, median of {}", reports.len());
    for category in CATEGORIES {
        let mut scores =
            reports.iter().map(|report| score(report, category)).collect::<Option<Vec<u64>>>().ok_or("no score")?;
        let score = median(&mut scores);
        let least = if category == "performance" { PERFORMANCE_MIN } else { 100 };
        let target = Target::at_least(&score, &least, &least.to_string());
        let failing: Vec<&str> = reports.first().map(|report| failing(report, category)).unwrap_or_default();
        let how =
            if failing.is_empty() { how.clone() } else { format!("{how}; not full marks: {}", failing.join(", ")) };
        table.aimed(format!("pay page: Lighthouse {category}"), score.to_string(), target, &how);
    }
    let report = reports.first().ok_or("no report")?;
    let others = listed_or_not(report).ok_or("no audits of seo")?;
    let how_others = "the page holds a key and asks not to be listed; all other audits of that category";
    let target = Target::at_least(&others, &100, "100");
    table.aimed("pay page: Lighthouse seo but for is-crawlable", others.to_string(), target, how_others);
    fetched_by_the_browser(origin, report, table)?;
    let paint = report.pointer("/audits/largest-contentful-paint/displayValue").and_then(Value::as_str);
    table.figure("pay page: largest contentful paint", paint.unwrap_or("unknown").replace('\u{a0}', " "), &how);
    Ok(())
}

fn fetched_by_the_browser(origin: &str, report: &Value, table: &mut Table) -> Outcome {
    let requests = report.pointer("/audits/network-requests/details/items").and_then(Value::as_array);
    let requests = requests.ok_or("no list of requests")?;
    let url = |request: &Value| request["url"].as_str().unwrap_or_default().to_owned();
    let fetched = |request: &&Value| url(request).starts_with("http");
    let foreign = requests.iter().filter(fetched).filter(|request| !url(request).starts_with(origin)).count();
    let scripts = requests.iter().filter(|request| request["resourceType"] == "Script");
    let script_bytes: u64 = scripts.filter_map(|request| request["transferSize"].as_u64()).sum();
    let seen = "in the browser, by Lighthouse's list of requests";
    let target = Target::at_most(&script_bytes, &SCRIPT_BYTES_MAX, "1 kB");
    table.aimed("pay page: script fetched", size(script_bytes), target, seen);
    let target = Target::exactly(&foreign, &0, "0");
    table.aimed("pay page: requests to other origins", format!("{foreign} of {}", requests.len()), target, seen);
    Ok(())
}

/// A category's score in whole points.
fn score(report: &Value, category: &str) -> Option<u64> {
    points(report.pointer(&format!("/categories/{category}/score"))?)
}

/// A score, which is a fraction of one with two digits, in points. As text it needs no arithmetic with fractions.
fn points(score: &Value) -> Option<u64> {
    let score = score.as_f64()?.to_string();
    let (whole, part) = score.split_once('.').unwrap_or((&score, "0"));
    let part: u64 = format!("{part:0<2}").get(..2)?.parse().ok()?;
    Some(whole.parse::<u64>().ok()? * 100 + part)
}

/// The audits that count in a category and have not full marks.
fn failing<'a>(report: &'a Value, category: &str) -> Vec<&'a str> {
    counted(report, category).filter(|(_, points)| *points < 90).map(|(name, _)| name).collect()
}

/// What search engines would be told, but for the one audit that a page with its key in its address must fail: it asks not
/// to be listed. The other audits of that category weigh the same.
fn listed_or_not(report: &Value) -> Option<u64> {
    let others: Vec<u64> =
        counted(report, "seo").filter(|(name, _)| *name != "is-crawlable").map(|(_, points)| points).collect();
    others.iter().sum::<u64>().checked_div(u64::try_from(others.len()).ok()?)
}

/// The audits that count in a category, with their points.
fn counted<'a>(report: &'a Value, category: &str) -> impl Iterator<Item = (&'a str, u64)> {
    let audits = report.pointer(&format!("/categories/{category}/auditRefs")).and_then(Value::as_array);
    let counted =
        audits.into_iter().flatten().filter(|audit| audit["weight"].as_f64().is_some_and(|weight| weight > 0.0));
    let names = counted.filter_map(|audit| audit["id"].as_str());
    names.filter_map(|name| Some((name, points(&report["audits"][name]["score"])?)))
}
