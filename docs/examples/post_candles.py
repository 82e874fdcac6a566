"""Posts candles and a decision to Barkeep's ingest endpoint, and sends again what was not acknowledged.

    pip install requests
    python post_candles.py ~/.config/barkeep/serve-token

Start the other side first: `barkeep serve --store DIR`, or Storage > Ingest Endpoint... in the window, which
tells the path of its token file. What the answers mean: docs/api/ingest-endpoint.md.
"""

import json
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import requests

URL = "http://127.0.0.1:17311"


class Barkeep:
    """One connection that is kept alive: batches of it are stored in the order in which they are sent."""

    def __init__(self, token_file: Path) -> None:
        self.token_file = token_file
        self.session = requests.Session()
        self.read_token()

    def read_token(self) -> None:
        token = self.token_file.read_text().strip()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def post(self, table: str, documents: list[dict], attempts: int = 5) -> dict:
        """Returns the answer once everything accepted is durable. Sending again is always safe."""
        # allow_nan=False: NaN is no JSON, and Barkeep would reject the line.
        lines = "".join(json.dumps(each, allow_nan=False) + "\n" for each in documents)
        for attempt in range(attempts):
            try:
                answer = self.session.post(
                    f"{URL}/v1/{table}",
                    data=lines.encode("utf-8"),
                    headers={"Content-Type": "application/x-ndjson"},
                    timeout=60,
                )
            except requests.ConnectionError as error:
                reason, wait = str(error), 2**attempt
            else:
                if answer.status_code in (200, 422):
                    return answer.json()
                reason = answer.json()["error"]["message"]
                if answer.status_code == 401 and attempt == 0:
                    self.read_token()  # It was replaced by a new one.
                elif answer.status_code < 500:
                    raise ValueError(f"{answer.status_code}: {reason}")
                wait = int(answer.headers.get("Retry-After", 2**attempt))
            print(f"trying again in {wait} s: {reason}", file=sys.stderr)
            time.sleep(wait)
        raise TimeoutError(f"{len(documents)} lines for {table} were not acknowledged")


def main() -> None:
    barkeep = Barkeep(Path(sys.argv[1]).expanduser())
    start = datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    candles = [
        {
            "symbol": "DEMO",
            "timeframe": "2m",
            "timestamp": (start + timedelta(minutes=2 * bar)).isoformat(),
            "open": 100 + bar,
            "high": 101.5 + bar,
            "low": 99.5 + bar,
            "close": 101 + bar,
            "volume": 1000,
        }
        for bar in range(10)
    ]
    decision = {
        "run_id": "demo",
        "decision_id": f"demo-{start:%Y%m%dT%H%M}",
        "timestamp_utc": (start + timedelta(minutes=20)).isoformat(),
        "symbol": "DEMO",
        "timeframe": "2m",
        "session_regime": "NY",
        "macro_regimes": [],
        "feature_vector": {"rsi_14": 61.5},
        "effective_weights": {"rsi_14": 1.0},
        "policy_components": {"base_weights": {"rsi_14": 1.0}, "trust": {"rsi_14": 1.0}, "regime_multipliers": {}},
        "evaluation_score": 0.7,
        "action": "BUY",
        "provenance": {"policy_version": "demo", "engine_version": "0"},
        "outcome": None,
    }
    for table, documents in (("candles", candles), ("decisions", [decision])):
        answer = barkeep.post(table, documents)
        print(table, {name: answer[name] for name in ("accepted", "duplicates", "conflicts", "completed")})
        for line in answer["rejected"]:
            print(f"  line {line['line']}: {line['field']}: {line['reason']}")


if __name__ == "__main__":
    main()
