"""Database servers of our own for tests and measurements, on 127.0.0.1, in a folder that is thrown away."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
import os
from pathlib import Path
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from time import monotonic
from typing import Self
from urllib.parse import quote_plus

from .home import REPOSITORY

LOOPBACK = "127.0.0.1"
USER = "timmy"
PASSWORD = "Sesam-17/@"  # noqa: S105 - of servers that live as long as the tests
START_SECONDS = 60
# Where temporary folders are that other accounts may enter; short, because a path to a socket has to be.
_TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108 - folders in it have names of their own


class Server:
    """One server; subclasses say how it is made, run and asked. `scheme` begins its URLs."""

    scheme: str

    def __init__(self, folder: Path, account: str | None) -> None:
        """Prepare one that keeps everything in a folder, and runs as an account where one is given."""
        self.folder = folder
        self.account = account
        self.port = _free_port()
        self._databases = 0

    def start(self) -> None:
        """Start it, and return when it answers."""
        raise NotImplementedError

    def stop(self) -> None:
        """End it at once."""
        raise NotImplementedError

    def execute(self, statement: str, database: str | None = None) -> None:
        """Run a statement, in the database that it is given."""
        raise NotImplementedError

    def url(self, database: str, user: str = USER, password: str = PASSWORD) -> str:
        """Return the URL of a database."""
        return f"{self.scheme}://{user}:{quote_plus(password)}@{LOOPBACK}:{self.port}/{database}"

    def set_read_only(self, database: str, *, read_only: bool) -> None:
        """Let nobody but root write, or let everybody write again."""
        raise NotImplementedError

    @property
    def process_id(self) -> int:
        """The process of the server."""
        raise NotImplementedError

    def new_database(self) -> str:
        """Create a database and return its name."""
        self._databases += 1
        name = f"access{self._databases}"
        self.execute(f"CREATE DATABASE {name}")
        return name

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let every process of the server stand still: it accepts connections and says nothing."""
        parent = self.process_id
        members = [parent]
        try:
            # The parent first, and last to go on: meanwhile no child comes, and one that has ended stays to be told.
            _freeze(parent)
            members += map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text().split())
            for member in members[1:]:
                _freeze(member)
            yield
        finally:
            for member in reversed(members):
                os.kill(member, signal.SIGCONT)

    def run(self, *command: str | Path) -> None:
        """Run a program of the server, and expect that it succeeds."""
        done = subprocess.run(  # noqa: S603 - programs of Debian's packages
            command,
            cwd=self.folder,
            env={**os.environ, "PGPASSWORD": PASSWORD, "TMPDIR": str(self.folder)},
            user=self.account,
            group=None if self.account is None else pwd.getpwnam(self.account).pw_gid,
            extra_groups=None if self.account is None else [],
            stdin=subprocess.DEVNULL,
            stdout=(self.folder / "output.log").open("ab"),
            stderr=subprocess.STDOUT,
            timeout=START_SECONDS,
            check=False,
        )
        assert done.returncode == 0, (self.folder / "output.log").read_text()[-2000:]  # noqa: S101 - what went wrong is told as it is


class PostgreSQLServer(Server):
    """PostgreSQL of Debian's packages."""

    scheme = "postgresql"

    @classmethod
    def binaries(cls) -> Path | None:
        """Return where its programs are; None where it is not installed."""
        found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
        return max((path.parent for path in found), key=lambda path: float(path.parent.name), default=None)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def create(self, binaries: Path) -> Self:
        """Make its files."""
        self._binaries = binaries
        password = self.folder / "password"
        password.write_text(PASSWORD)
        self.run(
            *(binaries / "initdb", "-D", self._data, "-U", USER, "--pwfile", password, "-A", "scram-sha-256"),
            *("-E", "UTF8", "--locale", "C", "--no-sync"),
        )
        return self

    def start(self) -> None:
        """Start it, and return when it answers."""
        options = f"-p {self.port} -c listen_addresses={LOOPBACK} -c unix_socket_directories= -c fsync=off"
        self.run(self._binaries / "pg_ctl", "-D", self._data, "-w", "-o", options, "-l", self.folder / "log", "start")

    def stop(self) -> None:
        """End it at once."""
        if (self._data / "postmaster.pid").exists():
            self.run(self._binaries / "pg_ctl", "-D", self._data, "-w", "-m", "immediate", "stop")

    def execute(self, statement: str, database: str | None = None) -> None:
        """Run a statement, in the database that it is given."""
        address = ("-h", LOOPBACK, "-p", str(self.port), "-U", USER, "-d", database or "postgres")
        self.run(self._binaries / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", *address, "-c", statement)

    def set_read_only(self, database: str, *, read_only: bool) -> None:
        """Let nobody but root write, or let everybody write again."""
        self.execute(f"ALTER DATABASE {database} SET default_transaction_read_only = {read_only}")

    @property
    def process_id(self) -> int:
        """The process of the server."""
        return int((self._data / "postmaster.pid").read_text().splitlines()[0])


class MariaDBServer(Server):
    """MariaDB of Debian's packages."""

    scheme = "mysql"

    @classmethod
    def binaries(cls) -> Path | None:
        """Return where its programs are; None where it is not installed."""
        found = shutil.which("mariadb-install-db")
        daemon = Path("/usr/sbin/mariadbd")
        return Path(found).parent if found and daemon.exists() else None

    @property
    def _socket(self) -> Path:
        return self.folder / "socket"

    def create(self, binaries: Path) -> Self:
        """Make its files."""
        self._binaries = binaries
        self._process: subprocess.Popen[bytes] | None = None
        self.run(
            *(binaries / "mariadb-install-db", "--no-defaults", f"--datadir={self.folder / 'data'}"),
            *("--auth-root-authentication-method=normal", "--skip-test-db"),
        )
        return self

    def start(self) -> None:
        """Start it, and return when it answers."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - as above
                (
                    *("/usr/sbin/mariadbd", "--no-defaults", f"--datadir={self.folder / 'data'}"),
                    *(f"--socket={self._socket}", f"--port={self.port}", f"--bind-address={LOOPBACK}"),
                    *("--innodb-buffer-pool-size=16M", "--innodb-flush-log-at-trx-commit=2"),
                    "--skip-name-resolve",
                ),
                env={**os.environ, "TMPDIR": str(self.folder)},
                user=self.account,
                group=None if self.account is None else pwd.getpwnam(self.account).pw_gid,
                extra_groups=None if self.account is None else [],
                stdout=log,
                stderr=log,
            )
        deadline = monotonic() + START_SECONDS
        while not self._answers():  # mariadb-admin's own way to wait looks every five seconds
            assert self._process.poll() is None, (self.folder / "log").read_text()[-2000:]  # noqa: S101 - what went wrong is told as it is
            assert monotonic() < deadline, "MariaDB does not answer"  # noqa: S101 - what went wrong is told as it is
        user = f"'{USER}'@'%'"
        for statement in (
            f"CREATE USER IF NOT EXISTS {user} IDENTIFIED BY '{PASSWORD}'",
            f"GRANT ALL ON *.* TO {user}",
            f"REVOKE SUPER, READ_ONLY ADMIN ON *.* FROM {user}",
        ):
            self.execute(statement)

    def stop(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(START_SECONDS)

    def execute(self, statement: str, database: str | None = None) -> None:
        """Run a statement, in the database that it is given."""
        address = ("--no-defaults", f"--socket={self._socket}", "-uroot", "--default-character-set=utf8mb4")
        self.run("mariadb", *address, "-e", statement, *(() if database is None else (database,)))

    def set_read_only(self, database: str, *, read_only: bool) -> None:  # noqa: ARG002 - there it is the whole server
        """Let nobody but root write, or let everybody write again."""
        self.execute(f"SET GLOBAL read_only = {read_only}")

    @property
    def process_id(self) -> int:
        """The process of the server."""
        assert self._process is not None  # noqa: S101 - what went wrong is told as it is
        return self._process.pid

    def _answers(self) -> bool:
        ping = ("mariadb-admin", "--no-defaults", f"--socket={self._socket}", "-uroot", "ping")
        done = subprocess.run(ping, capture_output=True, timeout=START_SECONDS, check=False)  # noqa: S603 - as above
        return done.returncode == 0


@contextmanager
def serving(kind: type[PostgreSQLServer | MariaDBServer], binaries: Path, account: str) -> Iterator[Server]:
    """Run a new server, as an account of the system where this is root."""
    # Neither server runs as root, and neither may look into folders of root's.
    as_other = account if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="timmy-access-", dir=_temporary()))
    if as_other is not None:
        os.chown(folder, pwd.getpwnam(as_other).pw_uid, -1)
    try:
        server = kind(folder, as_other).create(binaries)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


def _temporary() -> str:
    return next((path for path in _TEMPORARY if Path(path).stat().st_mode & stat.S_IXOTH), _TEMPORARY[0])


def _free_port() -> int:
    """Ask another process: in that of tests, sockets are not for fixtures of a session."""
    program = "from scripts.home import free_port; print(free_port())"
    command = (sys.executable, "-c", program)
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=True)  # noqa: S603 - ourselves
    return int(done.stdout)


def _freeze(process_id: int) -> None:
    """Stop a process and return when each of its threads stands still, or has ended."""
    os.kill(process_id, signal.SIGSTOP)
    for thread in Path(f"/proc/{process_id}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):
            # The state comes after the name, which is in parentheses and may hold anything.
            while (thread / "stat").read_text().rpartition(")")[2].split()[0] not in {"T", "Z", "X"}:
                os.sched_yield()
