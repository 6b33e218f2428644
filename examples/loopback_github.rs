//! A GitHub of one's own on 127.0.0.1, for trying callboard and measuring it without a network.
//!
//! ```text
//! cargo run --example loopback_github -- --port 8089 --repos 1000 --with-catalog 950
//! cargo run --example loopback_github -- --folder path/with/OWNER/REPOSITORY/files
//! ```
//!
//! It prints a configuration file to use with `--config`, and a line for every request while it runs. The
//! token `ghp_loopback` may read everything.

#[path = "../tests/it/github/loopback/mod.rs"]
mod loopback;

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use loopback::{Fault, Loopback, Token, World, generate};

/// A GitHub of one's own on 127.0.0.1.
#[derive(Parser)]
struct Arguments {
    /// The port; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Repositories of the generated organisation.
    #[arg(long, default_value_t = 1_000)]
    repos: usize,
    /// How many of them have a catalog file.
    #[arg(long, default_value_t = 950)]
    with_catalog: usize,
    /// The organisation's login.
    #[arg(long, default_value = "acme")]
    organization: String,
    /// Serve this folder (OWNER/REPOSITORY/files) instead of a generated organisation.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Answer every request this many milliseconds late.
    #[arg(long, value_name = "MS")]
    delay: Option<u64>,
    /// A client id that the device flow knows; the code is approved at the third poll.
    #[arg(long, value_name = "ID")]
    device_client: Option<String>,
    /// Print the configuration into this file too.
    #[arg(long, value_name = "FILE")]
    write_config: Option<PathBuf>,
    /// Say nothing about requests.
    #[arg(long)]
    quiet: bool,
}

fn main() -> std::io::Result<()> {
    let arguments = Arguments::parse();
    let mut world = World::new();
    match &arguments.folder {
        Some(folder) => world.add_folder(folder)?,
        None => world.add_account(generate::organization(
            &arguments.organization,
            arguments.repos,
            arguments.with_catalog,
        )),
    }
    let owners: Vec<String> = world
        .accounts
        .iter()
        .map(|account| account.login.clone())
        .collect();
    for account in &mut world.accounts {
        account.members.push("octo".to_owned());
    }
    world.device.client_id = arguments.device_client.clone();
    world.device.interval = 1;
    let pending = || "authorization_pending".to_owned();
    world.device.answers = vec![pending(), pending(), "token:ghp_loopback".to_owned()];
    let token = Token::classic("octo", &["repo", "read:org", "read:user", "user:email"]);
    let github = Loopback::start_at(world.token("ghp_loopback", token), arguments.port);
    if let Some(delay) = arguments.delay {
        github.fault(Fault::slow(Duration::from_millis(delay)));
    }

    let mut config = github.integration_yaml(Some("ghp_loopback"));
    config.push_str("catalog:\n  providers:\n    github:\n");
    for owner in &owners {
        config.push_str(&format!(
            "      {owner}:\n        organization: {owner}\n        host: {}\n",
            github.host()
        ));
    }
    config.push_str(&format!(
        "    githubOrg:\n      - id: loopback\n        githubUrl: {}\n",
        github.web_url()
    ));
    config.push_str(&format!("        orgs: [{}]\n", owners.join(", ")));
    if let Some(client) = &arguments.device_client {
        config.push_str(&format!("callboard:\n  auth:\n    clientId: {client}\n"));
    }
    println!("{config}");
    if let Some(path) = &arguments.write_config {
        std::fs::write(path, &config)?;
    }
    eprintln!("serving at {}; interrupt to end", github.web_url());
    loop {
        std::thread::sleep(Duration::from_millis(200));
        for request in github.take_requests() {
            if !arguments.quiet {
                eprintln!("{} {} {}", request.answered, request.method, request.path);
            }
        }
    }
}
