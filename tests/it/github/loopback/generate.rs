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
