"""Writes the catalogue into openIMIS's tables; run it as often as you like.

It goes by openIMIS's own models, in the virtual environment where they are installed.
"""

import os
from datetime import datetime

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openIMIS.settings")
django.setup()

from core.models import ClaimAdmin, InteractiveUser, Language, Role, RoleRight, User, UserRole  # noqa: E402
from django.db import transaction  # noqa: E402
from insuree.models import Family, Gender, Insuree, InsureePolicy  # noqa: E402
from location.models import HealthFacility, HealthFacilityLegalForm, Location, UserDistrict  # noqa: E402
from medical.models import Diagnosis, Item, Service  # noqa: E402
from medical_pricelist.models import (  # noqa: E402
    ItemsPricelist,
    ItemsPricelistDetail,
    ServicesPricelist,
    ServicesPricelistDetail,
)
from policy.models import Policy  # noqa: E402
from product.models import Product, ProductService  # noqa: E402

from tests.real.openimis import catalogue  # noqa: E402

AUDIT = {"audit_user_id": -1}
#: Claims look for what was valid on their own day.
SINCE = {"validity_from": datetime.combine(catalogue.SINCE, datetime.min.time())}


def put(model, values=None, **key):
    """The current row with this key, made with these values if there is none."""
    return model.objects.filter(**key).first() or model.objects.create(**key, **(values or {}))


def seed():
    """Everything, each after what it refers to."""
    language = put(Language, {"name": "English", "sort_order": 1}, code="en")
    for code, name in (("F", "Female"), ("M", "Male"), ("O", "Other")):
        put(Gender, {"gender": name}, code=code)
    places = {}
    for one in catalogue.PLACES:
        values = {"name": one.name, "type": one.kind, "parent": places.get(one.within), **AUDIT, **SINCE}
        places[one.code] = put(Location, values, code=one.code)
    for code, name in catalogue.DIAGNOSES:
        put(Diagnosis, {"name": name, **AUDIT, **SINCE}, code=code)
    services = {one.code: seed_service(one) for one in catalogue.SERVICES}
    price_lists = seed_price_lists(services.values())
    facilities = {one.code: seed_facility(one, places, price_lists) for one in catalogue.FACILITIES}
    products = {cover: seed_product(cover, services) for cover in catalogue.Cover}
    for one in catalogue.INSUREES:
        seed_insuree(one, places, products[one.cover])
    roles = {name: seed_role(name, rights) for name, rights in catalogue.ROLES.items()}
    for one in catalogue.USERS:
        seed_user(one, language, roles[one.role], places[one.district], facilities.get(one.facility))


def seed_service(one):
    """A service for any patient, in and out of hospital."""
    values = {
        "name": one.name,
        "price": one.price,
        "type": Service.TYPE_CURATIVE,
        "level": Service.LEVEL_SIMPLE_SERVICE,
        "category": Service.CATEGORY_OTHER,
        "care_type": Service.CARE_TYPE_BOTH,
    }
    return put(Service, {**values, **AUDIT, **SINCE}, code=one.code)


def seed_price_lists(services):
    """What facilities may bill, under the names of their fields for it."""
    code, name, price = catalogue.ITEM
    values = {"name": name, "price": price, "type": "M", "care_type": Item.CARE_TYPE_BOTH, "patient_category": 15}
    item = put(Item, {**values, **AUDIT, **SINCE}, code=code)
    dated = {"pricelist_date": catalogue.SINCE, **AUDIT, **SINCE}
    items = put(ItemsPricelist, dated, name="Supplies")
    put(ItemsPricelistDetail, {**AUDIT, **SINCE}, items_pricelist=items, item=item)
    of_services = put(ServicesPricelist, dated, name="Physician services")
    for service in services:
        put(ServicesPricelistDetail, {**AUDIT, **SINCE}, services_pricelist=of_services, service=service)
    return {"services_pricelist": of_services, "items_pricelist": items}


def seed_facility(one, places, price_lists):
    """A facility with its price lists."""
    form = put(HealthFacilityLegalForm, {"legal_form": "Private organisation"}, code="P")
    values = {
        "name": one.name,
        "legal_form": form,
        "level": HealthFacility.LEVEL_HEALTH_CENTER,
        "care_type": HealthFacility.CARE_TYPE_BOTH,
        "location": places[one.district],
    }
    return put(HealthFacility, {**values, **price_lists, **AUDIT, **SINCE}, code=one.code)


def seed_product(cover, services):
    """An insurance product that pays its services in full, at the price that is asked."""
    values = {
        "name": f"Cover: {cover}",
        "date_from": SINCE["validity_from"],
        "date_to": datetime.combine(catalogue.UNTIL, datetime.min.time()),
        "insurance_period": 12,
        "lump_sum": 0,
        "max_members": 1,
        "grace_period_enrolment": 0,
        "ceiling_interpretation": Product.CEILING_INTERPRETATION_HOSPITAL,
    }
    product = put(Product, {**values, **AUDIT, **SINCE}, code=str(cover).upper())
    terms = {"price_origin": ProductService.ORIGIN_CLAIM}
    for visit in ("", "_e", "_r"):
        terms |= {f"limitation_type{visit}": "C", f"limit_adult{visit}": 100, f"limit_child{visit}": 100}
    for one in catalogue.SERVICES:
        if cover in one.covers:
            put(ProductService, {**terms, **AUDIT, **SINCE}, product=product, service=services[one.code])
    return product


def seed_insuree(one, places, product):
    """A person, the family they are the head of, and its policy."""
    values = {
        "last_name": one.last,
        "other_names": one.first,
        "dob": one.birth_date,
        "gender_id": one.sex,
        "head": True,
        "card_issued": True,
        "current_village": places[one.village],
    }
    insuree = put(Insuree, {**values, **AUDIT, **SINCE}, chf_id=one.number)
    family = put(Family, {"location": places[one.village], **AUDIT, **SINCE}, head_insuree=insuree)
    if insuree.family_id is None:
        insuree.family = family
        insuree.save()
    lapsed = one.cover is catalogue.Cover.LAPSED
    dates = {
        "start_date": catalogue.SINCE,
        "effective_date": catalogue.SINCE,
        "expiry_date": catalogue.LAPSED_ON if lapsed else catalogue.UNTIL,
    }
    values = {
        "stage": Policy.STAGE_NEW,
        "status": Policy.STATUS_EXPIRED if lapsed else Policy.STATUS_ACTIVE,
        "value": 0,
        "enroll_date": catalogue.SINCE,
    }
    policy = put(Policy, {**values, **dates, **AUDIT, **SINCE}, family=family, product=product)
    put(
        InsureePolicy,
        {"enrollment_date": catalogue.SINCE, **dates, **AUDIT, **SINCE},
        insuree=insuree,
        policy=policy,
    )


def seed_role(name, rights):
    """A role with its rights."""
    role = put(Role, {"is_system": 0, "is_blocked": False, **AUDIT, **SINCE}, name=name)
    for right in rights:
        put(RoleRight, {**AUDIT, **SINCE}, role=role, right_id=right)
    return role


def seed_user(one, language, role, district, facility):
    """Somebody who may sign in, in one role, for one district; at a facility, they are claim administrators."""
    if User.objects.filter(username=one.name).exists():
        return
    names = {"last_name": one.last, "other_names": one.first}
    person = InteractiveUser(login_name=one.name, language=language, **names)
    person.set_password(one.password)
    administrator = None
    if facility:
        values = {"health_facility": facility, "has_login": True, **names}
        administrator = put(ClaimAdmin, {**values, **AUDIT, **SINCE}, code=one.name)
        person.health_facility_id = facility.id
        person.is_associated = True
    person.save()
    UserRole.objects.create(user=person, role=role, **AUDIT)
    UserDistrict.objects.create(user=person, location=district, **AUDIT)
    User.objects.create(username=one.name, i_user=person, claim_admin=administrator)


if __name__ == "__main__":
    with transaction.atomic():
        seed()
