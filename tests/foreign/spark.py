"""A Spark with Delta Lake, in this process: one session for all tests that need it."""

import os
import pathlib
import shutil
import sys

import pytest

SOURCE = pathlib.Path(os.environ.get("POND_SOURCE_DIR", pathlib.Path(__file__).parents[2]))
HOME = SOURCE / ".deps/spark"
SETTINGS = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "localhost",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "1g",
    # A few rows need no compiled plans and no parallel shuffles; starting up is most of the time.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.shuffle.partitions": "1",
    "spark.databricks.delta.snapshotPartitions": "1",
}


class Spark:
    """Statements in which @name stands for the Delta table of that name."""

    def __init__(self, session, directory: pathlib.Path):
        self.session = session
        self.directory = directory

    def path(self, name: str) -> pathlib.Path:
        return self.directory / name

    def sql(self, *statements: str):
        for statement in statements:
            result = self.session.sql(statement.replace("@", f"delta.`{self.directory}/").replace("~", "`"))
        return result

    def set(self, **settings: object) -> None:
        """Settings of Delta Lake, with __ for a dot."""
        for name, value in settings.items():
            self.session.conf.set("spark.databricks.delta." + name.replace("__", "."), str(value))

    def rows(self, path, **options: object) -> list[dict]:
        frame = self.session.read.format("delta").options(**options).load(str(path))
        rows = [row.asDict(recursive=True) for row in frame.collect()]
        # An instant arrives as the local time of this machine.
        instants = [field.name for field in frame.schema if field.dataType.typeName() == "timestamp"]
        for row in rows:
            for name in instants:
                row[name] = row[name] and row[name].astimezone()
        return rows


def start(directory: pathlib.Path) -> Spark:
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        pytest.skip("no Java to run Spark with: scripts/bootstrap installs one")
    assert HOME.is_dir(), "no .deps/spark: run scripts/bootstrap"
    os.environ["SPARK_HOME"] = str(HOME)
    os.environ["PYSPARK_PYTHON"] = sys.executable
    # The statements run in the JVM; the Python side is only their messenger.
    sys.path[:0] = [str(HOME / "python"), *map(str, (HOME / "python/lib").glob("py4j-*.zip"))]
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[1]").appName("pond")
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    session = builder.config("spark.sql.warehouse.dir", str(directory / "warehouse")).getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return Spark(session, directory)
