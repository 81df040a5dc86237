from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReviewsConfig(AppConfig):
    name = "huiyin.reviews"
    label = "reviews"
    verbose_name = _("Reviews and what they hang on")

    def ready(self) -> None:
        from huiyin.matters import kinds
        from huiyin.reviews import models, queries

        kinds.register(
            kinds.Kind(
                code=models.KIND,
                name=_("bad review"),
                describe=queries.describe,
                contact=queries.contact,
                has_number=queries.has_number,
            )
        )
