from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InvitationsConfig(AppConfig):
    name = "huiyin.intake.invitations"
    label = "invitations"
    verbose_name = _("Inviting citizens")

    def ready(self) -> None:
        from huiyin.intake.channels.sms import answering
        from huiyin.intake.invitations.services import following
        from huiyin.notices.sms import hooks as sms
        from huiyin.reviews import hooks as reviews

        sms.on_message(answering.take)
        sms.on_receipt(following.came_of)
        reviews.on_erasure(following.forget_person)
