"""Replies of miners' firmwares, made up here in the shapes that the sources in `dialects.csv` tell."""

from __future__ import annotations

Replies = dict[str, object]


def status(what: str) -> list[object]:
    return [{"STATUS": "S", "When": 1_790_000_000, "Code": 11, "Msg": "Summary", "Description": what}]


def version(**fields: object) -> dict[str, object]:
    return {"STATUS": status("x"), "VERSION": [fields], "id": 1}


def summary(**fields: object) -> dict[str, object]:
    return {"STATUS": status("x"), "SUMMARY": [fields], "id": 1}


CGMINER: Replies = {
    "version": version(CGMiner="4.12.0", API="3.7"),
    "summary": summary(**{"Elapsed": 1000, "MHS av": 9_000_000.0, "MHS 5s": 9_100_000.0, "Found Blocks": 0}),
    "devs": {"DEVS": [{"ASC": 0, "Temperature": 61.5}, {"ASC": 1, "Temperature": 0.0}]},
}
ANTMINER: Replies = {
    "version": version(BMMiner="2.0.0", API="3.1", Type="Antminer S19 Pro"),
    "summary": summary(**{"Elapsed": 50_474, "GHS 5s": "110566.89", "GHS av": 111_834.85}),
}
BRAIINS: Replies = {
    "version": version(BOSer="boser 0.1.0", API="3.7"),
    "summary": summary(**{"Elapsed": 600, "MHS 5s": 90e6, "MHS 1m": 91e6, "MHS 15m": 89e6, "MHS av": 88e6}),
    "tunerstatus": {"TUNERSTATUS": [{"ApproximateMinerPowerConsumption": 3100, "PowerLimit": 3200}]},
}
LUXOS: Replies = {
    "version": version(LUXminer="2023.9", API="3.7", Type="Antminer S19j"),
    "summary": summary(**{"Elapsed": 3453, "GHS 5s": 59_756.06, "GHS av": 56_917.9}),
    "power": {"POWER": [{"PSU": False, "Watts": 1051}]},
}
WHATSMINER: Replies = {
    "version": {"STATUS": status("whatsminer v1.3"), "VERSION": [{"API": "whatsminer v1.3"}]},
    "summary": summary(**{"Elapsed": 777, "MHS 1m": 100e6, "MHS av": 99e6, "Power": 3386}),
}
AVALON: Replies = {
    "version": version(CGMiner="4.11.1", PROD="Avalon Q", MODEL="Q"),
    "summary": summary(**{"Elapsed": 37_714, "MHS 5s": 0, "MHS av": 44_539_601.86}),
    "estats": {
        "STATS": [{"MM ID0": "Ver[Q] SYSTEMSTATU[Work: In Work] WALLPOWER[1674] GHSspd[88000.5] GHSavg[44539.6]"}]
    },
}
BFGMINER: Replies = {
    "version": version(Miner="bfgminer 5.5.0", CGMiner="5.5.0", API="3.1"),
    "summary": summary(**{"Elapsed": 20, "MHS av": 1.089, "MHS 20s": 0.422}),
}
AURADINE: Replies = {
    "version": version(GCMiner="0.1", API="4.0"),
    "summary": summary(**{"Elapsed": 56_696, "MHS 5s": 205e6, "MHS 1m": 102e6, "MHS av": 79e6}),
}
AXEOS: Replies = {
    "/api/system/info": {
        "ASICModel": "BM1370", "deviceModel": "Gamma", "hashRate": 1180.5, "hashRate_1m": 1190.25,
        "hashRate_1h": 1200.0, "power": 17.9, "temp": 58.25, "asicCount": 1, "uptimeSeconds": 4000,
    }
}  # fmt: skip
EPIC: Replies = {
    "/summary": {
        "HBs": [{"Index": 0, "Hashrate": [33e6, 99.0]}, {"Index": 1, "Hashrate": [34e6, 98.0]}],
        "Power Supply Stats": {"Input Power": 2166.6},
        "Session": {"Uptime": 23_170},
    }
}
VNISH: Replies = {
    "version": version(Miner="vnish 1.2.7", CGMiner="4.11", API="3.1"),
    "summary": summary(**{"Elapsed": 5, "GHS 5s": 80_000.0, "GHS av": 79_000.0}),
    "/api/v1/summary": {"miner": {"power_usage": 2500}},
}
