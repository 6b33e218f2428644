//! Which relations a walk follows.

/// Which way a walk goes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Direction {
    /// What the entity needs.
    Dependencies,
    /// What needs the entity: the blast radius.
    Dependents,
    /// What a group or a user owns, child groups and members included.
    Owned,
    /// Who owns the entity, and the groups above; of a user, the groups it is a member of.
    Owners,
    /// What a domain, system or component consists of.
    Parts,
}

/// From which entities a relation is followed: bits, so that a walk tests one number against another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Origins(u8);

impl Origins {
    /// None.
    pub(super) const NOWHERE: Self = Self(0);
    /// Every entity.
    pub(super) const ANY: Self = Self(1);
    /// APIs.
    pub(super) const API: Self = Self(2);
    /// The System or Domain that was asked for, or one reached from it by `hasPart` alone.
    pub(super) const WITHIN_ROOT: Self = Self(4);

    /// All of the two.
    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the two have anything in common.
    pub(super) fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl Direction {
    /// From where a relation of this name is followed.
    pub(super) fn follows(self, relation: &str) -> Origins {
        match (self, relation) {
            (Direction::Dependencies, "dependsOn" | "consumesApi")
            | (Direction::Dependents, "dependencyOf" | "providesApi")
            | (Direction::Owned, "parentOf" | "ownerOf" | "hasMember")
            | (Direction::Owners, "childOf" | "ownedBy" | "memberOf")
            | (Direction::Parts, "hasPart") => Origins::ANY,
            (Direction::Dependencies, "apiProvidedBy")
            | (Direction::Dependents, "apiConsumedBy") => Origins::API,
            (Direction::Dependents, "hasPart") => Origins::WITHIN_ROOT,
            _ => Origins::NOWHERE,
        }
    }
}

/// The relation that the other side of one has (Backstage's pairs); none for a name that has no pair.
pub(super) fn reverse(relation: &str) -> Option<&'static str> {
    const PAIRS: [(&str, &str); 7] = [
        ("apiConsumedBy", "consumesApi"),
        ("apiProvidedBy", "providesApi"),
        ("childOf", "parentOf"),
        ("dependencyOf", "dependsOn"),
        ("hasMember", "memberOf"),
        ("hasPart", "partOf"),
        ("ownedBy", "ownerOf"),
    ];
    PAIRS.iter().find_map(|&(a, b)| {
        if relation == a {
            Some(b)
        } else {
            (relation == b).then_some(a)
        }
    })
}

/// Whether failure reaches an entity of this kind's parts when it is the one that was asked for.
pub(super) fn is_grouping(kind: &str) -> bool {
    kind.eq_ignore_ascii_case("system") || kind.eq_ignore_ascii_case("domain")
}
