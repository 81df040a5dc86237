"""What is in the log, and what it speaks of, cannot be changed by anybody who uses the database."""

from __future__ import annotations

import io
from datetime import date

import pytest
from django.contrib import admin
from django.db import DatabaseError, connection, models, transaction
from PIL import Image

from huiyin.calendars.models import CalendarYear
from huiyin.kernel.uploads import AcceptedFile, accept_photo
from huiyin.log import checkpoints, keys, sealing, witnesses
from huiyin.log.models import (
    Checkpoint,
    Cosignature,
    Entry,
    Epoch,
    LaterSignature,
    Leaf,
    LogKey,
    RetiredLogKey,
)
from huiyin.matters.models import ContactAttempt, Measure, Policy, Rectification, Reply, Step
from huiyin.matters.table import State
from huiyin.reviews import services as reviews
from huiyin.reviews.models import (
    Channel,
    ImportedChunk,
    ImportedFile,
    ImportedReview,
    ImportSource,
    Photo,
    Review,
    ReviewContent,
)
from tests import factories
from tests.support.witness import Witness

GUARDED: list[type[models.Model]] = [
    Entry,
    Leaf,
    Epoch,
    Checkpoint,
    Cosignature,
    LogKey,
    LaterSignature,
    RetiredLogKey,
    Step,
    Reply,
    ContactAttempt,
    Review,
    Rectification,
    Measure,
    Policy,
    CalendarYear,
    ImportSource,
    ImportedFile,
    ImportedChunk,
    ImportedReview,
]
# A lawful request may delete these; nobody may alter them.
ERASABLE: list[type[models.Model]] = [ReviewContent, Photo]
A_FIELD = {
    Entry: "kind",
    Leaf: "entry_id",
    Epoch: "reviews",
    Checkpoint: "note",
    Cosignature: "line",
    LogKey: "vkey",
    LaterSignature: "line",
    RetiredLogKey: "at",
    Step: "event",
    Reply: "text",
    ContactAttempt: "note",
    Review: "level",
    Rectification: "explanation",
    Measure: "description",
    Policy: "document",
    CalendarYear: "days",
    ImportSource: "name",
    ImportedFile: "rejects",
    ImportedChunk: "taken",
    ImportedReview: "level",
    ReviewContent: "text",
    Photo: "sha256",
}

pytestmark = pytest.mark.django_db


def a_photo() -> AcceptedFile:
    written = io.BytesIO()
    Image.new("RGB", (20, 10), "teal").save(written, "JPEG")
    written.seek(0)
    return accept_photo(written, name="a.jpg", field="photos")


@pytest.fixture
def rows(frozen_clock, settings, log_folder) -> None:
    factories.loop(State.TOLD, photos=[a_photo()])
    unit = factories.organisation()
    source = reviews.import_source(name="旧平台", organisation=unit)
    file = reviews.begin_file(source=source, sha256=b"1" * 32, manner={}, rejects="a.csv")
    past = reviews.PastReview(unit.uscc, Channel.WEB, 5, date(2023, 7, 1))
    reviews.import_reviews(
        source=source,
        reviews=reviews.columns_of([past]),
        part=reviews.Part(file, 1, rows_read=1, rejects_size=0, rejected=0, texts=0),
    )
    frozen_clock.move_by(seconds=settings.HUIYIN_EPOCH_MAX_SECONDS)
    assert sealing.seal_if_due()
    witness = Witness()
    settings.HUIYIN_LOG_WITNESSES = [witness.key]
    assert witnesses.accept(witness.cosign(Checkpoint.objects.get().note))
    keys.rotate()
    newest = Checkpoint.objects.get()
    assert checkpoints.sign_again(newest, checkpoints.note_of(newest))
    keys.retire(LogKey.objects.get(number=1))


def picture(model: type[models.Model]) -> list[dict[str, object]]:
    return list(model.objects.order_by("pk").values())


@pytest.mark.parametrize("model", GUARDED, ids=lambda model: model._meta.db_table)
class TestNobodyChangesIt:
    def refused(self, model: type[models.Model], attack) -> None:
        before = picture(model)
        assert before
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            attack()
        assert picture(model) == before

    def test_by_saving_an_object(self, rows, model) -> None:
        found = model.objects.first()
        setattr(found, A_FIELD[model], getattr(found, A_FIELD[model]))
        self.refused(model, lambda: found.save(update_fields=[A_FIELD[model].removesuffix("_id")]))

    def test_by_an_update_of_many(self, rows, model) -> None:
        same = models.F(A_FIELD[model].removesuffix("_id"))
        self.refused(
            model, lambda: model.objects.update(**{A_FIELD[model].removesuffix("_id"): same})
        )

    def test_by_deleting_around_the_orm_checks(self, rows, model) -> None:
        self.refused(model, lambda: model.objects.all()._raw_delete("default"))

    @pytest.mark.parametrize("verb", ["update", "delete", "truncate", "replace"])
    def test_by_sql(self, rows, model, verb) -> None:
        table, column = model._meta.db_table, model._meta.get_field(A_FIELD[model]).column
        statement = {
            "update": f'UPDATE "{table}" SET "{column}" = "{column}"',
            "delete": f'DELETE FROM "{table}"',
            "truncate": f'TRUNCATE "{table}" CASCADE',
            "replace": f'REPLACE INTO "{table}" SELECT * FROM "{table}"',
        }[verb]
        # Each store has one verb that the other lacks; both have three ways to try.
        if (connection.vendor, verb) in {("sqlite", "truncate"), ("postgresql", "replace")}:
            statement = f'DELETE FROM "{table}" WHERE 1 = 1'

        def attack() -> None:
            # PostgreSQL truncates no table for which checks are still to be made.
            connection.check_constraints()
            with connection.cursor() as cursor:
                cursor.execute(statement)

        self.refused(model, attack)

    def test_the_admin_does_not_offer_it(self, rows, model) -> None:
        registered = admin.site._registry.get(model)
        if registered is not None:
            assert not registered.has_change_permission(None)
            assert not registered.has_delete_permission(None)


@pytest.mark.parametrize("model", ERASABLE, ids=lambda model: model._meta.db_table)
class TestErasedButNeverChanged:
    @pytest.mark.parametrize("verb", ["update", "truncate"])
    def test_it_is_not_changed(self, rows, model, verb) -> None:
        table, column = model._meta.db_table, A_FIELD[model]
        if verb == "update" or connection.vendor == "sqlite":
            statement = f"UPDATE {table} SET {column} = 'other'"
        else:
            statement = f"TRUNCATE {table}"
        before = picture(model)
        assert before
        connection.check_constraints()
        refused = pytest.raises(DatabaseError, match="refuses changes")
        with refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
        assert picture(model) == before

    def test_it_can_be_erased(self, rows, model) -> None:
        model.objects.all().delete()
        assert not model.objects.exists()
