"""What verification says of a content credential: evidence for a person, and what contradicts the label."""

from sealmark.errors import SealmarkError
from sealmark.marks import credential, note
from sealmark.marks.credential.credential import NONE, Credential
from sealmark.marks.credential.trust import TrustList
from sealmark.marks.finding import LayerFinding
from sealmark.marks.label import Label
from sealmark.marks.note import Note
from sealmark.media import Format
from sealmark.media.errors import NeedsExtra
from sealmark.media.pieces import Buffer

_NOWHERE = LayerFinding("none", "没有内容凭证。", "There is no content credential.")
_NO_PLACE = LayerFinding("none", "C2PA 未为这种格式规定内容凭证的位置。", "C2PA names no place for one in this format.")


def examine(data: Buffer, form: Format, trust: tuple[TrustList, ...]) -> tuple[Credential, LayerFinding]:
    """The item's credential, and what it shows. Never raises."""
    if not credential.carries(form):
        return NONE, _NO_PLACE
    try:
        found = credential.read(data, form, trust)
    except NeedsExtra as error:
        return NONE, LayerFinding("not_checked", error.happened("zh"), error.happened("en"), whole=False)
    except SealmarkError as error:
        return NONE, LayerFinding("damaged", error.happened("zh"), error.happened("en"))
    if found.outcome == "none":
        return NONE, _NOWHERE
    place = credential.place(data, form)
    if found.outcome == "unreadable":
        return found, LayerFinding("damaged", "内容凭证无法读取。", "The content credential cannot be read.", place)
    return found, LayerFinding("found", *_told(found), place)


def warnings(found: Credential, label: Label | None, form: Format) -> tuple[Note, ...]:
    """What a person should know of a credential, and where it and the file's label contradict each other."""
    theirs = found.label
    bare = theirs is not None and label is None and form.name != "text"
    differs = theirs is not None and label is not None and _item(theirs) != _item(label)
    said = (
        (found.outcome == "invalid", note.CREDENTIAL_INVALID),
        (found.outcome == "untrusted", note.CREDENTIAL_UNTRUSTED),
        (differs, note.CREDENTIAL_DISAGREES),
        (bare, note.CREDENTIAL_ONLY),
    )
    return tuple(text for holds, text in said if holds)


def _item(label: Label) -> tuple[str, str]:
    return label.content_producer, label.produce_id


def _told(found: Credential) -> tuple[str, str]:
    signer = found.signer or "?"
    zh, en = {
        "trusted": (
            f"内容凭证成立，签署者 {signer} 在信任列表 {found.trusted_by} 中。",
            f"The credential holds; its signer {signer} is vouched for by {found.trusted_by}.",
        ),
        "untrusted": (
            f"内容凭证成立，但没有信任列表认可签署者 {signer}。",
            f"The credential holds, but no trust list vouches for its signer {signer}.",
        ),
        "invalid": (
            f"内容凭证不成立({', '.join(found.codes)})，署名 {signer}。",
            f"The credential does not hold ({', '.join(found.codes)}); it names {signer}.",
        ),
    }[found.outcome]
    said = ("它说明内容由模型生成或编辑。", " It says that a model made or edited the item.")
    silent = ("它没有说内容由模型生成。", " It does not say that a model made the item.")
    more = said if found.generated else silent
    return zh + more[0], en + more[1]
