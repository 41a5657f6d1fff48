import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models

NAME_LIMIT = 80


def tell_namesakes_apart(apps, schema_editor):
    """Number the campaigns of a team that would be called the same."""
    campaigns = apps.get_model("campaigns", "Campaign").objects
    taken = {(team, name.casefold()) for team, name in campaigns.values_list("team", "name")}
    seen = set()
    for campaign in campaigns.order_by("pk"):
        name, number = campaign.name, 1
        if (campaign.team_id, name.casefold()) in seen:
            while (campaign.team_id, name.casefold()) in taken:
                number += 1
                name = f"{campaign.name[: NAME_LIMIT - 8]} {number}"
            campaigns.filter(pk=campaign.pk).update(name=name)
            taken.add((campaign.team_id, name.casefold()))
        seen.add((campaign.team_id, name.casefold()))


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0003_own_words'),
    ]

    operations = [
        migrations.RunPython(tell_namesakes_apart, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='ad',
            name='campaign',
            field=models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='ads', to='campaigns.campaign'),
        ),
        migrations.AddConstraint(
            model_name='campaign',
            constraint=models.UniqueConstraint(models.F('team'), django.db.models.functions.text.Lower('name'), name='one_campaign_of_a_name', violation_error_message='이름이 같은 캠페인이 이미 있어요.'),
        ),
    ]
