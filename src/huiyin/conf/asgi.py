"""The ASGI application that ``huiyin serve`` runs."""

from __future__ import annotations

import os
from typing import cast

from asgiref.typing import ASGI3Application
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huiyin.conf.settings")
_django = cast("ASGI3Application", get_asgi_application())

# Only now are the models that these need ready.
from huiyin.api.v1.fast import FastReviews  # noqa: E402
from huiyin.conf import environment  # noqa: E402
from huiyin.conf.body_limit import BodyLimit  # noqa: E402
from huiyin.conf.lifespan import Lifespan, start_companions  # noqa: E402
from huiyin.conf.middleware import headers_of_every_answer  # noqa: E402
from huiyin.conf.turns import Turns  # noqa: E402

_in_turn = Turns(_django, connections=environment.number("HUIYIN_DATABASE_POOL", 20))
application = Lifespan(FastReviews(BodyLimit(_in_turn), headers_of_every_answer), start_companions)
