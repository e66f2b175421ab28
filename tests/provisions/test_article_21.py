"""Article 21: the log that inspectors ask for can be handed over and checked by them, without trusting us."""

import json

from sealmark.ledger import check, export, open_note
from tests.deployment import Deployment, ask
from tests.upstream import ScriptedUpstream


def test_the_log_can_be_exported_and_read_by_anyone(
    deployment: Deployment, key: str, upstream: ScriptedUpstream, tmp_path_factory: object
) -> None:
    """Tiles and checkpoint as plain files, and a receipt that needs only the public key."""
    upstream.says("as you were")
    with deployment.client(key) as client:
        answer = client.post("/v1/chat/completions", json=ask("hello"))
        face = client.get("/api/ledger").json()
        receipt = client.get(f"/api/receipts/{answer.headers['x-sealmark-receipt']}").text
    folder = deployment.folder / "export"
    assert export(deployment.house.store, folder) > 0
    checkpoint = open_note((folder / "checkpoint").read_text(), [deployment.house.signer.verifier])
    checked = check(receipt, face["vkey"])
    assert checked.checkpoint.size <= checkpoint.size
    assert json.dumps(checked.record)
