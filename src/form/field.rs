//! A field of a page, ready to be drawn: what it is called, what it takes, what it holds.
//!
//! Every text here comes from a template and has been stripped of what could move a cursor; values have not, since a task
//! gets them as they are. Draw [`Field::shown`], edit [`Field::text`].

use serde_json::Value;

use super::path::FieldPath;
use super::picker::{EntityPicker, FacetPicker, RepoPicker, TagsPicker};

/// One row of a page. Objects and lists have a row of their own, and their parts follow it, one level deeper.
#[derive(Clone, PartialEq, Debug)]
pub struct Field {
    /// Where it stands; by this messages name it.
    pub path: FieldPath,
    /// How deep it lies in objects and lists; 0 for a page's own fields.
    pub depth: usize,
    /// What it is called.
    pub label: String,
    /// What is said about it.
    pub description: Option<String>,
    /// `ui:help`.
    pub help: Option<String>,
    /// `ui:placeholder`.
    pub placeholder: Option<String>,
    /// Whether it must be filled in.
    pub required: bool,
    /// `ui:disabled`: shown, its value counts, but it takes no focus and no change.
    pub disabled: bool,
    /// `ui:readonly` or `readOnly`: takes the focus (to read or copy), but no change.
    pub readonly: bool,
    /// `ui:autofocus`.
    pub autofocus: bool,
    /// What it is and how it is filled in.
    pub kind: Kind,
    /// What a task would get; nothing where it is empty. Of a secret the asterisks.
    pub value: Option<Value>,
    /// What an editor for it holds: the text as typed, a number as typed, YAML of an object. Empty for a secret.
    pub text: String,
    /// Whether it holds its default or what was given, rather than an answer.
    pub untouched: bool,
    /// Something to know about it: a custom field that is filled in as text, a schema that cannot be read.
    pub note: Option<Note>,
    /// Where it belongs to a list or an object that takes any name: what can be done with it as a whole.
    pub member: Option<Member>,
}

impl Field {
    /// Whether the focus can be on it.
    pub fn takes_focus(&self) -> bool {
        let idle = matches!(self.kind, Kind::Group | Kind::Constant | Kind::Null);
        !self.disabled && (!idle || self.member.is_some())
    }

    /// Whether it takes a change.
    pub fn is_editable(&self) -> bool {
        !self.disabled && !self.readonly && !matches!(self.kind, Kind::Constant | Kind::Null)
    }

    /// Its value in one line, as the page shows it where it is not being edited: the name of a chosen option, `yes`, a
    /// list joined by commas.
    pub fn shown(&self) -> String {
        super::review::shown(self)
    }
}

/// What a field is.
#[derive(Clone, PartialEq, Debug)]
pub enum Kind {
    /// A text. Takes [`Msg::Text`](super::Msg::Text).
    Text {
        /// `ui:widget: textarea`: a text of several lines, with `ui:options.rows`.
        rows: Option<u16>,
        /// The schema's `format`: `email`, `uri`, `date`, ….
        format: Option<String>,
    },
    /// A secret: `ui:field: Secret` or `ui:widget: password`. Takes [`Msg::Secret`](super::Msg::Secret).
    Secret {
        /// The name under which steps find it: `secrets.NAME`.
        name: String,
    },
    /// A number. Takes [`Msg::Text`](super::Msg::Text), and [`Msg::Step`](super::Msg::Step).
    Number {
        /// No fraction.
        integer: bool,
        /// The least it may be.
        minimum: Option<f64>,
        /// The most it may be.
        maximum: Option<f64>,
        /// `multipleOf`, or 1.
        step: f64,
        /// `ui:widget: range`: a slider.
        range: bool,
    },
    /// Yes or no. Takes [`Msg::Set`](super::Msg::Set) with true or false.
    Toggle {
        /// What yes is called.
        yes: String,
        /// What no is called.
        no: String,
        /// How it asks to be drawn.
        style: ChoiceStyle,
    },
    /// One of several values. Takes [`Msg::Pick`](super::Msg::Pick).
    Choice {
        /// The options, in order.
        options: Vec<Choice>,
        /// How it asks to be drawn.
        style: ChoiceStyle,
    },
    /// Any number of several values. Takes [`Msg::Pick`](super::Msg::Pick), which turns one on or off.
    Checkboxes {
        /// The options, in order.
        options: Vec<Choice>,
        /// How it asks to be drawn.
        style: ChoiceStyle,
    },
    /// Which of several forms the fields below take (`oneOf`, `anyOf`). Takes [`Msg::Pick`](super::Msg::Pick).
    Branch {
        /// What the forms are called.
        titles: Vec<String>,
        /// The one that is chosen.
        chosen: usize,
    },
    /// One value that cannot be another (`const`).
    Constant,
    /// Nothing: the type `null`.
    Null,
    /// The heading of an object; its fields follow.
    Group,
    /// The heading of an object that takes any name. Takes [`Msg::AddName`](super::Msg::AddName).
    Names,
    /// The heading of a list; its items follow. Takes [`Msg::Add`](super::Msg::Add).
    List {
        /// How many items there are.
        items: usize,
        /// Whether one more may be added.
        can_add: bool,
    },
    /// A value of any shape, written as YAML. Takes [`Msg::Text`](super::Msg::Text).
    Yaml {
        /// Whether it must be an object.
        object: bool,
    },
    /// One entity's reference: `EntityPicker`, `OwnerPicker`, `OwnedEntityPicker`, `MyGroupsPicker`. Takes
    /// [`Msg::Text`](super::Msg::Text), and [`Msg::Set`](super::Msg::Set) with a candidate's value.
    Entity(EntityPicker),
    /// References of several entities: `MultiEntityPicker`. Takes [`Msg::Set`](super::Msg::Set) with all of them.
    Entities(EntityPicker),
    /// The name of a new entity: `EntityNamePicker`. Takes [`Msg::Text`](super::Msg::Text).
    EntityName,
    /// Tags: `EntityTagsPicker`. Takes [`Msg::Set`](super::Msg::Set) with all of them.
    Tags(TagsPicker),
    /// A value that entities have: `EntityFacetPicker`. Takes [`Msg::Set`](super::Msg::Set), and one value
    /// [`Msg::Text`](super::Msg::Text).
    Facet(FacetPicker),
    /// A repository: `RepoUrlPicker`. Takes [`Msg::Repo`](super::Msg::Repo), or [`Msg::Text`](super::Msg::Text) with
    /// the whole value (`github.com?owner=o&repo=r`).
    RepoUrl(RepoPicker),
    /// A branch of the repository of the parameter `repoUrl`: `RepoBranchPicker`. Takes [`Msg::Text`](super::Msg::Text).
    RepoBranch,
    /// An owner of repositories: `RepoOwnerPicker`. Takes [`Msg::Text`](super::Msg::Text).
    RepoOwner(RepoPicker),
}

impl Kind {
    /// Whether a field of this kind is typed, so that an editor belongs to it.
    pub fn is_typed(&self) -> bool {
        match self {
            Self::Text { .. }
            | Self::Secret { .. }
            | Self::Number { .. }
            | Self::Yaml { .. }
            | Self::Entity(_)
            | Self::EntityName
            | Self::RepoUrl(_)
            | Self::RepoBranch
            | Self::RepoOwner(_) => true,
            Self::Facet(picker) => !picker.multiple,
            _ => false,
        }
    }

    /// Whether a field of this kind is only the heading of those that follow.
    pub fn is_heading(&self) -> bool {
        matches!(
            self,
            Self::Group | Self::Names | Self::List { .. } | Self::Branch { .. }
        )
    }
}

/// How a choice asks to be drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChoiceStyle {
    /// A list that opens.
    Select,
    /// All options beside or below each other.
    Radio,
    /// A box to tick, or several.
    Boxes,
}

/// An option of a choice.
#[derive(Clone, PartialEq, Debug)]
pub struct Choice {
    /// What it is called.
    pub label: String,
    /// What a task gets.
    pub value: Value,
    /// Whether it is chosen.
    pub chosen: bool,
    /// `ui:enumDisabled`: cannot be chosen.
    pub disabled: bool,
}

/// What can be done with an item of a list, or with an entry of an object that takes any name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// Whether it can go ([`Msg::Remove`](super::Msg::Remove)).
    pub can_remove: bool,
    /// Whether it can move towards the front ([`Msg::Move`](super::Msg::Move)).
    pub can_move_up: bool,
    /// Whether it can move towards the end.
    pub can_move_down: bool,
    /// Whether it can be renamed ([`Msg::Rename`](super::Msg::Rename)).
    pub can_rename: bool,
}

/// Something to know about a field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Note {
    /// A custom `ui:field` that callboard does not have; it is filled in by its type.
    CustomField(String),
    /// A custom `ui:widget` that callboard does not have.
    CustomWidget(String),
    /// The default is not of the field's type.
    WrongDefault,
    /// The schema does not say what it takes; it is filled in as text.
    NoType,
    /// It lies too deep, or its page holds too much; it is not taken further apart.
    TooMuch,
}

impl Note {
    /// A sentence for the person.
    pub fn text(&self) -> String {
        match self {
            Self::CustomField(name) => {
                format!("{name} is a field of another portal; fill it in by hand")
            }
            Self::CustomWidget(name) => format!("{name} is a widget of another portal"),
            Self::WrongDefault => "its default is not what the field takes".to_owned(),
            Self::NoType => "the template does not say what this takes".to_owned(),
            Self::TooMuch => "there is more below this than a form can show".to_owned(),
        }
    }
}
