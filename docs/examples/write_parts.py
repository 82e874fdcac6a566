"""Writes candles as Parquet parts straight into a Barkeep store: no endpoint, no token, no lock.

    pip install pyarrow
    python write_parts.py path/to/storage

Three things make it safe beside an open Barkeep and other readers: a part is written under a name that no reader
looks at, made durable, and then renamed into place; its name is unique and sorts by the time of writing; nothing is
ever written in place. Columns and their types: docs/data/candles_schema.md.
"""

import os
import secrets
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

SCHEMA = pa.schema(
    [
        pa.field("symbol", pa.string(), nullable=False),
        pa.field("timeframe", pa.string(), nullable=False),
        pa.field("ts", pa.int64(), nullable=False),
        pa.field("ts_iso", pa.string(), nullable=False),
        pa.field("open", pa.float64(), nullable=False),
        pa.field("high", pa.float64(), nullable=False),
        pa.field("low", pa.float64(), nullable=False),
        pa.field("close", pa.float64(), nullable=False),
        pa.field("volume", pa.float64(), nullable=False),
        pa.field("global_x", pa.int64()),  # Barkeep numbers bars itself.
    ]
)


def write_candle(store: Path, candle: dict) -> Path:
    """Returns the part's path once the candle would survive a power cut."""
    opened = datetime.fromtimestamp(candle["ts"] / 1000, timezone.utc)
    # The day is the bar's UTC day, whatever the market's clock says.
    folder = store / "data" / candle["timeframe"] / f"{opened:%Y-%m-%d}"
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(timezone.utc)
    name = f"part-{now:%Y%m%d}_{now:%H%M%S}.{now.microsecond:06d}-{secrets.token_hex(4)}.parquet"
    row = candle | {"ts_iso": opened.isoformat(timespec="milliseconds"), "global_x": None}
    staged = folder / f".{name}.tmp"
    with open(staged, "xb") as file:
        pq.write_table(pa.Table.from_pylist([row], schema=SCHEMA), file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(staged, folder / name)
    if os.name == "posix":  # The name itself is durable only once its folder is.
        handle = os.open(folder, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
    return folder / name


def main() -> None:
    store = Path(sys.argv[1])
    start = datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    for bar in range(10):
        opened = start + timedelta(minutes=2 * bar)
        candle = {
            "symbol": "DEMO-PARTS",
            "timeframe": "2m",
            "ts": int(opened.timestamp() * 1000),
            "open": 100.0 + bar,
            "high": 101.5 + bar,
            "low": 99.5 + bar,
            "close": 101.0 + bar,
            "volume": 1000.0,
        }
        print(write_candle(store, candle))


if __name__ == "__main__":
    main()
