"""Field notes 10: what real terminals put into one frame."""

from datetime import datetime
import json
from typing import Any

import pytest

from custom_components.timmy_access.protocol.answers import LogsAccepted, UnknownCommand
from custom_components.timmy_access.protocol.codec import decode
from custom_components.timmy_access.protocol.commands import (
    GetNewLogs,
    GetTime,
    GetUserInfo,
    GetUserList,
    SetCredential,
)
from custom_components.timmy_access.protocol.enums import DoorEvent, VerifyMethod
from custom_components.timmy_access.protocol.errors import MalformedFrame
from custom_components.timmy_access.protocol.messages import (
    STRANGER_ID,
    DeviceInfo,
    Heartbeat,
    LogBatch,
    LogRecord,
    PinEntry,
    QrScan,
    Registration,
    UserUpload,
)

NOON = datetime(2026, 11, 24, 12, 0, 0)  # noqa: DTZ001 - terminals speak naive local time


def record(**keys: Any) -> LogRecord:
    return LogRecord.parse(keys)


# Text and bytes


@pytest.mark.parametrize("text", ['{"cmd":"sendlog","record":[{"enrollid":1,},],}', '{"a":[1 , \n ] , }'])
def test_trailing_commas(text: str) -> None:
    assert decode(text) == json.loads(text.replace(",}", "}").replace(",]", "]").replace(" , ", "").replace("\n ", ""))


def test_commas_inside_texts_are_left_alone() -> None:
    assert decode('{"name":"a,]\\",}","record":[1,]}') == {"name": 'a,]",}', "record": [1]}


def test_a_duplicate_key() -> None:
    frame = decode('{"ret":"deleteuser","sn":"ZX1","sn":"ZX1","result":true}')
    assert frame == {"ret": "deleteuser", "sn": "ZX1", "result": True}


def test_a_binary_frame() -> None:
    assert decode(b'{"cmd":"reg","sn":"ZX1"}') == {"cmd": "reg", "sn": "ZX1"}


def test_a_name_in_gbk() -> None:
    assert decode('{"name":"张三"}'.encode("gbk")) == {"name": "张三"}


def test_control_characters_in_a_text() -> None:
    assert decode('{"msg":"a\nb\tc"}') == {"msg": "a\nb\tc"}


def test_a_photo_of_300_kilobytes() -> None:
    photo = "/9j/" + "A" * 400_000
    frame = decode(json.dumps({"cmd": "senduser", "backupnum": 50, "record": photo}) + "\0")
    upload = UserUpload.parse(frame)
    assert upload.record == photo
    assert photo not in repr(upload)


@pytest.mark.parametrize("data", ["", "[]", "1", "null", '"reg"', "{", b"\x00", "[" * 100_000, '{"a":NaN}', "{'a':1}"])
def test_what_is_no_object_is_malformed(data: str | bytes) -> None:
    with pytest.raises(MalformedFrame):
        decode(data)


# Registrations


@pytest.mark.parametrize("serial", ["zx0006827605", " ZX0006827605\n", "ZX0006827605"])
def test_the_case_of_a_serial_and_space_around_it_mean_nothing(serial: str) -> None:
    assert Registration.parse({"sn": serial}).serial == "ZX0006827605"


@pytest.mark.parametrize(
    ("serial", "valid"),
    [
        ("ZX0006827605", True),
        (1234567890, True),
        ("A-B_9", True),
        ("A" * 32, True),
        ("A" * 33, False),
        ("", False),
        ("  ", False),
        (None, False),
        ("ZX 1", False),
        ("ZX1\nZX2", False),
        ("../ZX", False),
        ("\N{FULLWIDTH LATIN CAPITAL LETTER Z}X1", False),
        ("ZX\N{ARABIC-INDIC DIGIT ONE}", False),
    ],
)
def test_what_is_a_serial(serial: object, valid: bool) -> None:
    registration = Registration.parse({"sn": serial})
    assert registration.is_valid is valid
    assert isinstance(registration.serial, str)


@pytest.mark.parametrize("key", ["cpusn", "cpushn"])
def test_both_spellings_of_the_cpu_serial(key: str) -> None:
    assert Registration.parse({key: "df67b870070e1f24"}).cpu_serial == "df67b870070e1f24"


def test_a_missing_devinfo_is_an_empty_one() -> None:
    assert Registration.parse({"cmd": "reg", "sn": "ZX1"}).info == DeviceInfo()


@pytest.mark.parametrize("info", [None, "tfs30", [], 7])
def test_a_devinfo_that_is_none_is_kept_aside(info: object) -> None:
    registration = Registration.parse({"sn": "ZX1", "devinfo": info})
    assert registration.info == DeviceInfo()
    assert registration.extra == {"devinfo": info}


def test_a_flattened_devinfo() -> None:
    frame = {"cmd": "reg", "sn": "ZX1", "modelname": "AiFace", "usersize": "5000", "netinuse": 1}
    registration = Registration.parse(frame)
    assert registration.info.model == "AiFace"
    assert registration.info.users_capacity == 5000
    assert registration.info.extra == {"netinuse": 1}
    assert registration.extra == {"cmd": "reg"}


def test_a_half_flattened_devinfo_loses_nothing() -> None:
    frame = {"sn": "ZX1", "firmware": "outer", "usersize": 7, "devinfo": {"firmware": "inner"}}
    registration = Registration.parse(frame)
    assert registration.info.firmware == "inner"
    assert registration.info.users_capacity == 7
    assert registration.extra == {"firmware": "outer"}


# Log records


def test_numbers_as_texts() -> None:
    batch = LogBatch.parse({"count": "2", "logindex": "-1", "record": [{"enrollid": "001", "mode": "8"}]})
    assert (batch.count, batch.log_index) == (2, -1)
    assert batch.records[0].enroll_id == 1
    assert batch.records[0].method is VerifyMethod.FACE


def test_no_serial() -> None:
    assert LogBatch.parse({"cmd": "sendlog", "count": 0}).serial is None
    assert UserUpload.parse({"cmd": "senduser", "enrollid": 1}).serial is None
    assert GetTime().read({"ret": "gettime"}).serial is None


def test_records_missing_although_counted() -> None:
    batch = LogBatch.parse({"cmd": "sendlog", "count": 2, "logindex": 5})
    assert not batch.records
    assert LogsAccepted(count=batch.count, log_index=batch.log_index, cloud_time=NOON).frame()["count"] == 2


def test_a_log_index_that_is_always_0_is_echoed() -> None:
    frame = LogsAccepted(count=1, log_index=0, cloud_time=NOON).frame()
    assert (frame["count"], frame["logindex"]) == (1, 0)


@pytest.mark.parametrize("log_index", [None, -1])
def test_without_a_log_index_the_answer_is_bare(log_index: int | None) -> None:
    answer = LogsAccepted(count=1, log_index=log_index, cloud_time=NOON)
    assert answer.frame() == {"ret": "sendlog", "result": True, "cloudtime": "2026-11-24 12:00:00"}


@pytest.mark.parametrize("number", [-(2**63), 2**63, 10**40, 1e300, "9" * 40, float("nan"), [], {}])
def test_any_count_and_index_can_be_answered(number: object) -> None:
    batch = LogBatch.parse({"count": number, "logindex": number, "record": []})
    assert LogsAccepted(count=batch.count, log_index=batch.log_index, cloud_time=NOON).frame()


@pytest.mark.parametrize(
    "text", ["2026-11-24T12:00:00Z", "2026-11-24T12:00:00", "2026-11-24 12:00:00", "2026/11/24 12:0"]
)
def test_times(text: str) -> None:
    assert record(time=text).time == NOON


@pytest.mark.parametrize("text", ["", "0000-00-00 00:00:00", "2026-02-30 12:00:00", "noon", 0, None])
def test_no_times(text: object) -> None:
    broken = record(time=text)
    assert broken.time is None
    assert broken.extra == {"time": text}


@pytest.mark.parametrize(("event", "meaning"), [(0, "CLOSED"), (2, "EXIT_BUTTON"), (8, "BOOT"), (9, "UNKNOWN")])
def test_enroll_id_0_is_a_door(event: int, meaning: str) -> None:
    door = record(enrollid=0, event=event)
    assert door.is_door_event
    assert door.door_event is DoorEvent[meaning]


def test_a_door_event_without_event_is_unknown() -> None:
    assert record(enrollid="0").door_event is DoorEvent.UNKNOWN


def test_a_missing_enroll_id_is_no_door() -> None:
    missing = record(event=1)
    assert missing.enroll_id is None
    assert not missing.is_door_event
    assert missing.door_event is DoorEvent.UNKNOWN


def test_a_stranger() -> None:
    stranger = record(enrollid=STRANGER_ID, event=2)
    assert stranger.is_stranger
    assert not record(enrollid=1).is_stranger
    assert stranger.door_event is DoorEvent.UNKNOWN


@pytest.mark.parametrize(
    ("mode", "verify_mode", "method"),
    [
        (8, None, VerifyMethod.FACE),
        (8, 0, VerifyMethod.FACE),
        (8, 77, VerifyMethod.FACE),
        (8, 13, VerifyMethod.QR_CODE),
        (0, 1, VerifyMethod.FINGERPRINT),
        (128, None, VerifyMethod.PASSWORD_ALTERNATIVE),
        (0, None, VerifyMethod.UNKNOWN),
        (99, None, VerifyMethod.UNKNOWN),
        (None, None, VerifyMethod.UNKNOWN),
        (-1, -1, VerifyMethod.UNKNOWN),
    ],
)
def test_how_somebody_was_verified(mode: int | None, verify_mode: int | None, method: VerifyMethod) -> None:
    assert record(mode=mode, verifymode=verify_mode).method is method


@pytest.mark.parametrize(
    ("sent", "degrees"),
    [(36.5, 36.5), ("36.5", 36.5), (365, 36.5), (3650, 36.5), ("365", 36.5), (37, 37.0)],
)
def test_temperatures(sent: object, degrees: float) -> None:
    assert record(temp=sent).temperature == pytest.approx(degrees)


@pytest.mark.parametrize("sent", [0, "", "0", -36.5, 100, 5, 99999, "warm", None, True, "nan", "inf"])
def test_no_temperatures(sent: object) -> None:
    assert record(temp=sent).temperature is None
    assert record(temp=sent).extra == {"temp": sent}


@pytest.mark.parametrize("prefix", ["", "data:image/jpeg;base64,"])
def test_photos_with_and_without_prefix(prefix: str) -> None:
    with_photo = record(image=f"{prefix}/9j/4AAQ")
    assert with_photo.image == "/9j/4AAQ"
    assert "/9j/" not in repr(with_photo)


def test_what_a_4g_terminal_notes_is_kept() -> None:
    assert record(mode=8, note={"msg": "4g on"}).extra == {"note": {"msg": "4g on"}}


# Other messages


@pytest.mark.parametrize("sent", [12345678, "kajg", "0", ""])
def test_a_user_record_of_any_type(sent: object) -> None:
    upload = UserUpload.parse({"enrollid": "17", "admin": "1", "backupnum": 11, "record": sent})
    assert (upload.enroll_id, upload.role, upload.record) == (17, 1, sent)


@pytest.mark.parametrize("code", ["123456", 123456])
def test_a_qr_code(code: object) -> None:
    scan = QrScan.parse({"cmd": "sendqrcode", "sn": "ZX1", "record": code})
    assert scan.code == "123456"
    assert "123456" not in repr(scan)


def test_a_pin() -> None:
    entry = PinEntry.parse({"cmd": "sendpin", "sn": "ZX1", "pin": "0042", "time": "2026-11-24 12:00:00"})
    assert (entry.pin, entry.time) == ("0042", NOON)
    assert "0042" not in repr(entry)


@pytest.mark.parametrize("word", ["checklive", "heartbeat"])
def test_a_heartbeat_remembers_its_word(word: str) -> None:
    assert Heartbeat.parse({"cmd": word, "sn": "ZX1"}).name == word


def test_an_unknown_command_gets_the_words_of_firmware() -> None:
    assert UnknownCommand(name="otacheck").frame() == {
        "ret": "otacheck",
        "result": False,
        "msg": "can not find this command",
    }


# Replies


def test_admin_as_a_text() -> None:
    page = GetUserList().read({"record": [{"enrollid": 1, "admin": "0", "backupnum": 0}]})
    assert page.rows[0].role == 0


def test_a_reply_that_is_named_by_cmd() -> None:
    page = GetNewLogs().read({"cmd": "getnewlog", "count": 0, "record": []})
    assert (page.count, tuple(page.rows)) == (0, ())


def test_a_reason_in_words() -> None:
    reply = GetTime().read({"ret": "gettime", "result": False, "reason": "busy"})
    assert (reply.result, reply.reason) == (False, "busy")


def test_words_without_a_reason() -> None:
    reply = GetUserInfo(enroll_id=1, backup_number=0).read({"result": False, "msg": "can not find the user"})
    assert (reply.result, reply.reason, reply.message) == (False, None, "can not find the user")


def test_a_reason_that_names_somebody_in_words() -> None:
    command = SetCredential(enroll_id=1, user_name="A", backup_number=50, record="/9j/")
    reply = command.read({"result": False, "reason": 12, "msg": "face is double,id=1432"})
    assert (reply.reason, reply.message) == (12, "face is double,id=1432")


def test_the_time_comes_without_a_result() -> None:
    reply = GetTime().read({"ret": "gettime", "sn": "ZX1", "time": "2026-11-24 12:00:00"})
    assert (reply.result, reply.time) == (None, NOON)


@pytest.mark.parametrize("sent", [1, True, "1", "true", 1.0])
def test_truths(sent: object) -> None:
    assert GetTime().read({"result": sent}).result is True
