"""Each role owns a group, so that an audience can name it."""

from django.contrib.auth.models import Group

from hub.models import Role

PREFIX = "role:"


def group_of_role(role):
    """The group of everybody with this role; made when first asked for."""
    return Group.objects.get_or_create(name=f"{PREFIX}{Role(role).value}")[0]


def name_of_group(group):
    """What people call the group of a role; None for any other group."""
    role = group.name.removeprefix(PREFIX)
    return Role(role).label if group.name.startswith(PREFIX) and role in Role.values else None


def keep_role_group(user):
    """Puts the person into the group of her role and out of the others'."""
    user.groups.remove(*user.groups.filter(name__startswith=PREFIX))
    if user.is_active and user.role != Role.EMPLOYEE:
        user.groups.add(group_of_role(user.role))
