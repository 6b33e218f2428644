//! A large organisation, the same every time.

use super::world::{Account, Repository, Team, World};

/// An organisation `acme` with this many repositories, of which some have a catalog file, ten teams with a
/// parent, and two hundred members. Each component has an API and depends on an earlier one.
pub fn organization(login: &str, repositories: usize, with_catalog: usize) -> Account {
    const TEAMS: usize = 10;
    let mut account = Account::organization(login);
    account = account.team(Team::new("engineering").name("Engineering"));
    for number in 0..TEAMS {
        let mut team = Team::new(&format!("team-{number}"))
            .name(&format!("Team {number}"))
            .description(&format!(
                "Looks after every component whose number ends in {number}"
            ))
            .parent("engineering");
        for member in (0..200).filter(|member| member % TEAMS == number) {
            team = team.member(&format!("person-{member:03}"));
        }
        account = account.team(team);
    }
    for number in 0..repositories {
        let name = format!("service-{number:04}");
        // The last pushed come first in a listing: high numbers are the youngest.
        let mut repository = Repository::new(&name)
            .pushed_at(1_700_000_000 + number as i64 * 60)
            .topic(if number % 2 == 0 { "java" } else { "rust" })
            .file("README.md", format!("# {name}\n"));
        if number < with_catalog {
            repository = repository.file("catalog-info.yaml", catalog_file(&name, number, TEAMS));
        }
        account = account.repository(repository);
    }
    account
}

/// The same, where every repository with a catalog file has documentation of three pages.
pub fn documented(login: &str, repositories: usize, with_docs: usize) -> World {
    let mut account = organization(login, repositories, with_docs);
    for repository in account.repositories.iter_mut().take(with_docs) {
        let name = repository.name.clone();
        let files = [
            (
                "catalog-info.yaml",
                format!(
                    "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: {name}\n  annotations:\n    \
                     backstage.io/techdocs-ref: dir:.\nspec: {{type: service, lifecycle: production, owner: team-1}}\n"
                ),
            ),
            (
                "mkdocs.yml",
                format!(
                    "site_name: {name}\nnav:\n  - Home: index.md\n  - Runbook: runbook.md\n  - Design: design.md\n"
                ),
            ),
            ("docs/index.md", format!("# {name}\n\nWhat it is for.\n")),
            (
                "docs/runbook.md",
                format!("# Runbook of {name}\n\nDrain the pool.\n"),
            ),
            (
                "docs/design.md",
                format!("# Design of {name}\n\nOne ledger.\n"),
            ),
        ];
        let branch = repository.branches.entry("main".to_owned()).or_default();
        for (path, text) in files {
            branch.insert(path.to_owned(), text.into_bytes());
        }
    }
    World::new().organization(account)
}

/// A world with one generated organisation.
pub fn world(login: &str, repositories: usize, with_catalog: usize) -> World {
    World::new().organization(organization(login, repositories, with_catalog))
}

fn catalog_file(name: &str, number: usize, teams: usize) -> String {
    let team = number % teams;
    let depends = match number {
        0 => String::new(),
        _ => format!("  dependsOn:\n    - component:service-{:04}\n", number / 2),
    };
    let docs = if number.is_multiple_of(5) {
        "\n  annotations:\n    backstage.io/techdocs-ref: dir:."
    } else {
        ""
    };
    format!(
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: {name}\n  description: \
         Component number {number}\n  tags: [generated]{docs}\nspec:\n  type: service\n  lifecycle: \
         production\n  owner: group:team-{team}\n{depends}  providesApis: [{name}-api]\n---\napiVersion: \
         backstage.io/v1alpha1\nkind: API\nmetadata:\n  name: {name}-api\nspec:\n  type: openapi\n  lifecycle: \
         production\n  owner: group:team-{team}\n  definition: 'openapi: 3.0.0'\n"
    )
}
