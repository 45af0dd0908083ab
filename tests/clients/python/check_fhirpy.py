"""fhirpy (PyPI): the steps of tests/clients/steps.ts. Arguments: base of the FHIR API and, with access control, a token.

Writes a line for each step: its name, `passed`, `failed` or `none`, and the reason, between tabs.
"""

import asyncio
import json
import sys
import uuid

import aiohttp
from fhirpy import AsyncFHIRClient
from fhirpy.base.exceptions import MultipleResourcesFound, OperationOutcome, ResourceNotFound
from fhirpy.base.searchset import Raw

SYSTEM = "urn:yilian:check-clients"
RUN = uuid.uuid4().hex[:8]
OBSERVATIONS = 7
POLL_SECONDS = 0.1
POLLS_MAX = 300


class NoSuchCall(Exception):
    """The client has no call for it: no failure of the server."""


def expect(what, is_, expected):
    if is_ != expected:
        raise AssertionError(f"{what}: {is_!r}, not {expected!r}")


def token_of(value):
    return f"{SYSTEM}|{RUN}-{value}"


def identifier(value):
    return [{"system": SYSTEM, "value": f"{RUN}-{value}"}]


def patient_of(value):
    return {
        "resourceType": "Patient",
        "identifier": identifier(value),
        "name": [{"text": "欧阳明月", "family": "欧阳", "given": ["明月"]}],
        "gender": "female",
        "birthDate": "1980-02-29",
    }


def observation_of(value, subject):
    return {
        "resourceType": "Observation",
        "identifier": identifier(value),
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "2345-7"}], "text": "葡萄糖"},
        "subject": {"reference": subject},
        "valueQuantity": {"value": 5.6, "unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L"},
    }


def made(client, resourceType, **elements):
    return client.resource(resourceType, **elements)


def code_of(outcome):
    return outcome["issue"][0]["details"]["coding"][0]["code"]


class Steps:
    def __init__(self, base, token):
        self.base = base
        self.token = token
        authorization = f"Bearer {token}" if token else None
        self.client = AsyncFHIRClient(base, authorization=authorization)
        # Headers are given for all requests of a client at once.
        self.with_headers = lambda headers: AsyncFHIRClient(base, authorization=authorization, extra_headers=headers)
        self.patient = None
        self.observations = []

    async def refused(self, call, kind):
        try:
            await call
        except kind as error:
            return error
        raise AssertionError("let through")

    async def start(self):
        statement = await self.client.execute("metadata", method="get")
        expect("fhirVersion", statement["fhirVersion"], "4.0.1")

    async def create(self):
        self.patient = made(self.client, **patient_of("patient"))
        await self.patient.save()
        expect("version", self.patient["meta"]["versionId"], "1")
        again = made(self.with_headers({"If-None-Exist": f"identifier={token_of('patient')}"}), **patient_of("patient"))
        await again.save()
        expect("id under If-None-Exist", again.id, self.patient.id)
        # Its own get_or_create names the criteria in the address, which R4 does not know: refused, and nothing is made twice.
        found = self.client.resources("Patient").search(identifier=token_of("patient"))
        error = await self.refused(found.get_or_create(made(self.client, **patient_of("patient"))), OperationOutcome)
        expect("criteria in the address", code_of(error.resource), "create-criteria")
        expect("count", await found.count(), 1)

    async def read(self):
        read = await self.client.reference("Patient", self.patient.id).to_resource()
        expect("name", read["name"][0]["text"], "欧阳明月")
        version = await self.client.execute(f"Patient/{self.patient.id}/_history/1", method="get")
        expect("version", version["meta"]["versionId"], "1")
        await read.refresh()
        expect("refreshed", read["name"][0]["text"], "欧阳明月")

    async def update(self):
        tagged = self.with_headers({"If-Match": 'W/"1"'})
        changed = made(tagged, **{**self.patient, "telecom": [{"system": "phone", "value": "010-00000000"}]})
        await changed.update()
        expect("version", changed["meta"]["versionId"], "2")
        # Whatever is 412 is called so by the client.
        error = await self.refused(changed.update(), MultipleResourcesFound)
        expect("stale", code_of(json.loads(str(error))), "version-conflict")
        named = self.client.resources("Patient").search(identifier=token_of("patient"))
        _, is_new = await named.update(made(self.client, **patient_of("patient")))
        expect("update by criteria", is_new, False)

    async def chain(self):
        for at in range(OBSERVATIONS):
            observation = made(self.client, **observation_of(f"o{at}", f"Patient/{self.patient.id}"))
            await observation.save()
            self.observations.append(observation)
        chained = self.client.resources("Observation").search(subject__Patient__name="ouyang", patient__identifier=token_of("patient"))
        expect("chain", sorted(one.id for one in await chained.limit(50).fetch()), self.ids())
        has = self.client.resources("Patient").has("Observation", "patient", identifier=token_of("o1")).search(name__exact="欧阳")
        expect("_has", [one.id for one in await has.fetch()], [self.patient.id])

    def ids(self):
        return sorted(one.id for one in self.observations)

    async def include(self):
        search = self.client.resources("Observation").search(identifier=token_of("o1")).include("Observation", "subject")
        modes = [(entry["resource"].resource_type, entry["search"]["mode"]) for entry in (await search.fetch_raw())["entry"]]
        expect("_include", modes, [("Observation", "match"), ("Patient", "include")])
        reverse = self.client.resources("Patient").search(identifier=token_of("patient")).revinclude("Observation", "subject")
        modes = [(entry["resource"].resource_type, entry["search"]["mode"]) for entry in (await reverse.fetch_raw())["entry"]]
        expect("_revinclude", modes, [("Patient", "match")] + [("Observation", "include")] * OBSERVATIONS)

    async def paging(self):
        search = self.client.resources("Observation").search(subject=f"Patient/{self.patient.id}").limit(3)
        expect("all pages", sorted(one.id for one in await search.fetch_all()), self.ids())
        expect("count", await search.count(), OBSERVATIONS)
        parts = await search.elements("status").fetch()
        expect("_elements", "valueQuantity" in parts[0], False)

    async def post(self):
        raise NoSuchCall("it searches by GET, and sends JSON only")

    async def transaction(self):
        person, visit = f"urn:uuid:{uuid.uuid4()}", f"urn:uuid:{uuid.uuid4()}"
        encounter = {
            "resourceType": "Encounter",
            "identifier": identifier("visit"),
            "status": "finished",
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
            "subject": {"reference": person},
        }
        observation = {**observation_of("within", person), "encounter": {"reference": visit}}
        entry = [
            {"fullUrl": visit, "resource": encounter, "request": {"method": "POST", "url": "Encounter"}},
            {"resource": observation, "request": {"method": "POST", "url": "Observation"}},
            {"fullUrl": person, "resource": patient_of("second"), "request": {"method": "POST", "url": "Patient"}},
        ]
        answer = await self.client.execute("", data={"resourceType": "Bundle", "type": "transaction", "entry": entry})
        expect("statuses", [one["response"]["status"][:3] for one in answer["entry"]], ["201", "201", "201"])
        stored = await self.client.resources("Observation").search(identifier=token_of("within")).first()
        places = [one["response"]["location"].split("/_history")[0] for one in answer["entry"]]
        expect("encounter", places[0].endswith(stored["encounter"]["reference"]), True)
        expect("subject", places[2].endswith(stored["subject"]["reference"]), True)

    async def batch(self):
        entry = [
            {"request": {"method": "GET", "url": f"Patient/{self.patient.id}"}},
            {"request": {"method": "GET", "url": f"Observation?subject=Patient/{self.patient.id}&_summary=count"}},
            {"request": {"method": "GET", "url": "Patient/nobody"}},
            {"resource": patient_of("third"), "request": {"method": "POST", "url": "Patient"}},
        ]
        answer = await self.client.execute("", data={"resourceType": "Bundle", "type": "batch", "entry": entry})
        expect("statuses", [one["response"]["status"][:3] for one in answer["entry"]], ["200", "200", "404", "201"])
        expect("count", answer["entry"][1]["resource"]["total"], OBSERVATIONS)

    async def patch(self):
        # Its own patch is a merge patch, sent as application/json.
        patched = await self.client.patch("Patient", self.patient.id, address=[{"text": "示例市示例路1号"}], telecom=None)
        expect("address", patched["address"], [{"text": "示例市示例路1号"}])
        expect("taken away", "telecom" in patched, False)
        resource = await self.client.reference("Patient", self.patient.id).to_resource()
        resource["active"] = True
        await resource.save(fields=["active"])
        expect("some fields", [resource["active"], resource["gender"]], [True, "female"])
        operations = [{"op": "test", "path": "/gender", "value": "female"}, {"op": "remove", "path": "/active"}]
        answer = await self.client.execute(f"Patient/{self.patient.id}", method="patch", data=operations)
        expect("JSON Patch", "active" in answer, False)

    async def fhirPathPatch(self):
        part = [
            {"name": "type", "valueCode": "replace"},
            {"name": "path", "valueString": "Patient.birthDate"},
            {"name": "value", "valueDate": "1980-03-01"},
        ]
        parameters = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": part}]}
        answer = await self.client.execute(f"Patient/{self.patient.id}", method="patch", data=parameters)
        expect("birthDate", answer["birthDate"], "1980-03-01")

    async def history(self):
        history = await self.client.execute(f"Patient/{self.patient.id}/_history", method="get")
        versions = [int(entry["resource"]["meta"]["versionId"]) for entry in history["entry"]]
        expect("versions", versions, list(range(len(versions), 0, -1)))
        expect("several", len(versions) > 1, True)

    async def historyMany(self):
        of_type = await self.client.execute("Observation/_history", method="get", params={"_count": 2})
        expect("of the type", [of_type["type"], len(of_type["entry"])], ["history", 2])
        of_system = await self.client.execute("_history", method="get", params={"_count": 2})
        expect("of the system", len(of_system["entry"]), 2)

    async def everything(self):
        bundle = await self.patient.execute("$everything", method="get")
        types = [entry["resource"]["resourceType"] for entry in bundle["entry"]]
        expect("types", [types.count("Patient"), types.count("Observation")], [1, OBSERVATIONS])

    async def validate(self):
        expect("right", await made(self.client, **patient_of("valid")).is_valid(), True)
        wrong = made(self.client, **{**patient_of("wrong"), "gender": "nobody"})
        expect("wrong", await wrong.is_valid(), False)

    async def export(self):
        bulk = self.with_headers({"Prefer": "respond-async"})
        # The client shows no headers: the address of the status stands in the outcome too.
        accepted = await bulk.execute("$export", method="get", params={"_type": "Patient,Observation"})
        status = accepted["issue"][0]["diagnostics"].split(" ")[-1]
        manifest = None
        for _ in range(POLLS_MAX):
            manifest = await self.client.execute(status, method="get")
            if manifest:
                break
            await asyncio.sleep(POLL_SECONDS)
        expect("types", sorted(one["type"] for one in manifest["output"]), ["Observation", "Patient"])
        ids = []
        # Files are NDJSON, and no resources: fetched by plain HTTP.
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        async with aiohttp.ClientSession(headers=headers) as session:
            for one in manifest["output"]:
                async with session.get(one["url"]) as answer:
                    ids += [json.loads(line)["id"] for line in (await answer.text()).splitlines()]
        for id_ in [self.patient.id, *self.ids()]:
            expect(f"lines of {id_}", ids.count(id_), 1)

    async def delete(self):
        await self.observations[0].delete()
        error = await self.refused(self.client.get("Observation", self.observations[0].id), ResourceNotFound)
        expect("afterwards", code_of(json.loads(str(error))), "gone")

    async def error(self):
        wrong = made(self.client, **{**patient_of("wrong"), "birthDate": "yesterday"})
        error = await self.refused(wrong.save(), OperationOutcome)
        expect("content", code_of(error.resource), "value-format")
        error = await self.refused(self.client.get("Patient", "nobody"), ResourceNotFound)
        expect("absent", code_of(json.loads(str(error))), "not-found")
        search = self.client.resources("Patient").search(Raw(birthdate="yesterday"))
        error = await self.refused(search.fetch(), OperationOutcome)
        expect("search", code_of(error.resource), "parameter-invalid")


NAMES = (
    "start create read update chain include paging post transaction batch patch fhirPathPatch history historyMany "
    "everything validate export delete error"
).split()


async def main():
    base, token = sys.argv[1], (sys.argv[2] if len(sys.argv) > 2 else None)
    steps = Steps(base, token)
    for name in NAMES:
        try:
            await getattr(steps, name)()
            line = [name, "passed"]
        except NoSuchCall as error:
            line = [name, "none", str(error)]
        except Exception as error:  # noqa: BLE001: whatever it is, the next step is tried
            line = [name, "failed", f"{type(error).__name__}: {error}"]
        print("\t".join(part.replace("\t", " ").replace("\n", " ") for part in line), flush=True)


asyncio.run(main())
