import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.rest.api.MethodOutcome;
import ca.uhn.fhir.rest.api.SearchStyleEnum;
import ca.uhn.fhir.rest.client.api.IGenericClient;
import ca.uhn.fhir.rest.client.interceptor.BearerTokenAuthInterceptor;
import ca.uhn.fhir.rest.gclient.StringClientParam;
import ca.uhn.fhir.rest.gclient.TokenClientParam;
import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import ca.uhn.fhir.rest.server.exceptions.InvalidRequestException;
import ca.uhn.fhir.rest.server.exceptions.PreconditionFailedException;
import ca.uhn.fhir.rest.server.exceptions.ResourceGoneException;
import ca.uhn.fhir.rest.server.exceptions.ResourceNotFoundException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CapabilityStatement;
import org.hl7.fhir.r4.model.CodeType;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.ContactPoint.ContactPointSystem;
import org.hl7.fhir.r4.model.DateType;
import org.hl7.fhir.r4.model.Encounter;
import org.hl7.fhir.r4.model.Enumerations.AdministrativeGender;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Quantity;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.StringType;

/**
 * HAPI's Java client: the steps of tests/clients/steps.ts. Arguments: base of the FHIR API and, with access control, a token.
 * Writes a line for each step: its name, passed, failed or none, and the reason, between tabs.
 */
public final class CheckHapi {
    private static final String SYSTEM = "urn:yilian:check-clients";
    private static final int OBSERVATIONS = 7;
    private static final int POLLS_MAX = 300;
    private static final int POLL_MS = 100;

    /** Clients that share a server do not meet each other's data. */
    private final String run = UUID.randomUUID().toString().substring(0, 8);
    private final IGenericClient client;
    private final String base;
    private final String token;
    private Patient patient;
    private final List<Observation> observations = new ArrayList<>();

    private interface Step {
        void run() throws Exception;
    }

    private CheckHapi(String base, String token) {
        this.base = base;
        this.token = token;
        // As it comes: it looks at the CapabilityStatement before its first request, and takes JSON and XML.
        client = FhirContext.forR4().newRestfulGenericClient(base);
        if (token != null) client.registerInterceptor(new BearerTokenAuthInterceptor(token));
    }

    public static void main(String[] arguments) {
        CheckHapi check = new CheckHapi(arguments[0], arguments.length > 1 ? arguments[1] : null);
        step("start", check::start);
        step("create", check::create);
        step("read", check::read);
        step("update", check::update);
        step("chain", check::chain);
        step("include", check::include);
        step("paging", check::paging);
        step("post", check::post);
        step("transaction", check::transaction);
        step("batch", check::batch);
        step("patch", check::patch);
        step("fhirPathPatch", check::fhirPathPatch);
        step("history", check::history);
        step("historyMany", check::historyMany);
        step("everything", check::everything);
        step("validate", check::validate);
        step("export", check::export);
        step("delete", check::delete);
        step("error", check::error);
    }

    private static void step(String name, Step step) {
        try {
            step.run();
            System.out.println(name + "\tpassed");
        } catch (Exception | AssertionError error) {
            String reason = error.getClass().getSimpleName() + ": " + error.getMessage();
            System.out.println(name + "\tfailed\t" + reason.replaceAll("[\\t\\n\\r]+", " "));
        }
    }

    private void start() {
        CapabilityStatement statement = client.capabilities().ofType(CapabilityStatement.class).execute();
        expect("fhirVersion", statement.getFhirVersion().toCode(), "4.0.1");
    }

    private void create() {
        MethodOutcome made = client.create().resource(patientOf("patient")).execute();
        patient = (Patient) made.getResource();
        expect("made", List.of(made.getCreated(), made.getId().getVersionIdPart()), List.of(true, "1"));
        MethodOutcome again = client.create()
                .resource(patientOf("patient"))
                .conditional()
                .where(Patient.IDENTIFIER.exactly().systemAndCode(SYSTEM, run + "-patient"))
                .execute();
        expect("id under If-None-Exist", again.getId().getIdPart(), idOf(patient));
        MethodOutcome inXml = client.create().resource(patientOf("xml")).encodedXml().execute();
        expect("in XML", ((Patient) inXml.getResource()).getNameFirstRep().getText(), "欧阳明月");
    }

    private void read() {
        Patient read = client.read().resource(Patient.class).withId(idOf(patient)).execute();
        expect("name", read.getNameFirstRep().getText(), "欧阳明月");
        Patient version = client.read().resource(Patient.class).withIdAndVersion(idOf(patient), "1").execute();
        expect("version", version.getMeta().getVersionId(), "1");
        Patient same = client.read().resource(Patient.class).withId(idOf(patient)).ifVersionMatches("1").returnNull().execute();
        expect("not changed since", same, null);
    }

    private void update() {
        // The version in the id becomes If-Match.
        patient.setId(new IdType("Patient", idOf(patient), "1"));
        patient.addTelecom().setSystem(ContactPointSystem.PHONE).setValue("010-00000000");
        MethodOutcome updated = client.update().resource(patient).execute();
        expect("version", updated.getId().getVersionIdPart(), "2");
        BaseServerResponseException stale = refused(
                PreconditionFailedException.class,
                () -> client.update().resource(patient).execute());
        expect("stale", codeOf(stale), "version-conflict");
    }

    private void chain() {
        for (int at = 0; at < OBSERVATIONS; at++) {
            Observation observation = observationOf("o" + at, "Patient/" + idOf(patient));
            observations.add((Observation) client.create().resource(observation).execute().getResource());
        }
        Bundle chained = client.search()
                .forResource(Observation.class)
                .where(Observation.SUBJECT.hasChainedProperty("Patient", new StringClientParam("name").matches().value("ouyang")))
                .and(Observation.PATIENT.hasChainedProperty(identified("patient")))
                .count(50)
                .returnBundle(Bundle.class)
                .execute();
        expect("chain", idsOf(chained), sorted(observations));
        Bundle has = client.search()
                .forResource(Patient.class)
                .where(new TokenClientParam("_has:Observation:patient:identifier").exactly().systemAndCode(SYSTEM, run + "-o1"))
                .and(Patient.NAME.matchesExactly().value("欧阳"))
                .returnBundle(Bundle.class)
                .execute();
        expect("_has", idsOf(has), List.of(idOf(patient)));
    }

    private void include() {
        Bundle included = client.search()
                .forResource(Observation.class)
                .where(identified("o1"))
                .include(Observation.INCLUDE_SUBJECT)
                .returnBundle(Bundle.class)
                .execute();
        expect("_include", modesOf(included), List.of("Observation MATCH", "Patient INCLUDE"));
        Bundle reverse = client.search()
                .forResource(Patient.class)
                .where(identified("patient"))
                .revInclude(Observation.INCLUDE_SUBJECT)
                .returnBundle(Bundle.class)
                .execute();
        List<String> expected = new ArrayList<>(Collections.nCopies(OBSERVATIONS, "Observation INCLUDE"));
        expected.add(0, "Patient MATCH");
        expect("_revinclude", modesOf(reverse), expected);
    }

    private void paging() {
        List<String> ids = new ArrayList<>();
        Bundle page = client.search()
                .forResource(Observation.class)
                .where(Observation.SUBJECT.hasId("Patient/" + idOf(patient)))
                .count(3)
                .returnBundle(Bundle.class)
                .execute();
        ids.addAll(idsOf(page));
        while (page.getLink(Bundle.LINK_NEXT) != null) {
            page = client.loadPage().next(page).execute();
            ids.addAll(idsOf(page));
        }
        Collections.sort(ids);
        expect("all pages", ids, sorted(observations));
    }

    private void post() {
        Bundle found = client.search()
                .forResource(Patient.class)
                .where(identified("patient"))
                .and(Patient.NAME.matches().value("欧阳"))
                .usingStyle(SearchStyleEnum.POST)
                .returnBundle(Bundle.class)
                .execute();
        expect("matches", idsOf(found), List.of(idOf(patient)));
    }

    private void transaction() {
        String person = "urn:uuid:" + UUID.randomUUID();
        String visit = "urn:uuid:" + UUID.randomUUID();
        Encounter encounter = new Encounter();
        encounter.addIdentifier().setSystem(SYSTEM).setValue(run + "-visit");
        encounter.setStatus(Encounter.EncounterStatus.FINISHED);
        encounter.setClass_(new Coding("http://terminology.hl7.org/CodeSystem/v3-ActCode", "AMB", null));
        encounter.setSubject(new Reference(person));
        Observation observation = observationOf("within", person);
        observation.setEncounter(new Reference(visit));
        Bundle bundle = new Bundle().setType(Bundle.BundleType.TRANSACTION);
        post(bundle, visit, encounter);
        post(bundle, null, observation);
        post(bundle, person, patientOf("second"));
        Bundle answer = client.transaction().withBundle(bundle).execute();
        expect("statuses", statusesOf(answer), List.of("201", "201", "201"));
        Observation stored = client.read()
                .resource(Observation.class)
                .withId(new IdType(answer.getEntry().get(1).getResponse().getLocation()).toUnqualifiedVersionless())
                .execute();
        List<String> places = answer.getEntry().stream()
                .map(entry -> new IdType(entry.getResponse().getLocation()).toUnqualifiedVersionless().getValue())
                .toList();
        expect("references", List.of(stored.getEncounter().getReference(), stored.getSubject().getReference()),
                List.of(places.get(0), places.get(2)));
    }

    private void batch() {
        Bundle bundle = new Bundle().setType(Bundle.BundleType.BATCH);
        get(bundle, "Patient/" + idOf(patient));
        get(bundle, "Observation?subject=Patient/" + idOf(patient) + "&_summary=count");
        get(bundle, "Patient/nobody");
        post(bundle, null, patientOf("third"));
        Bundle answer = client.transaction().withBundle(bundle).execute();
        expect("statuses", statusesOf(answer), List.of("200", "200", "404", "201"));
        OperationOutcome failure = (OperationOutcome) answer.getEntry().get(2).getResponse().getOutcome();
        expect("failure", failure.getIssueFirstRep().getDetails().getCodingFirstRep().getCode(), "not-found");
        expect("count", ((Bundle) answer.getEntry().get(1).getResource()).getTotal(), OBSERVATIONS);
    }

    private void patch() {
        String operations = "[{\"op\":\"test\",\"path\":\"/gender\",\"value\":\"female\"},"
                + "{\"op\":\"add\",\"path\":\"/address\",\"value\":[{\"text\":\"示例市示例路1号\"}]}]";
        MethodOutcome patched = client.patch().withBody(operations).withId(new IdType("Patient", idOf(patient))).execute();
        expect("address", ((Patient) patched.getResource()).getAddressFirstRep().getText(), "示例市示例路1号");
    }

    private void fhirPathPatch() {
        Parameters parameters = new Parameters();
        Parameters.ParametersParameterComponent operation = parameters.addParameter().setName("operation");
        operation.addPart().setName("type").setValue(new CodeType("replace"));
        operation.addPart().setName("path").setValue(new StringType("Patient.birthDate"));
        operation.addPart().setName("value").setValue(new DateType("1980-03-01"));
        MethodOutcome patched = client.patch().withFhirPatch(parameters).withId(new IdType("Patient", idOf(patient))).execute();
        expect("birthDate", ((Patient) patched.getResource()).getBirthDateElement().getValueAsString(), "1980-03-01");
    }

    private void history() {
        Bundle history = client.history()
                .onInstance(new IdType("Patient", idOf(patient)))
                .returnBundle(Bundle.class)
                .execute();
        List<String> versions = history.getEntry().stream().map(entry -> entry.getResource().getMeta().getVersionId()).toList();
        List<String> expected = IntStream.rangeClosed(1, versions.size()).mapToObj(at -> "" + (versions.size() + 1 - at)).toList();
        expect("versions", versions, expected);
        expect("several", versions.size() > 1, true);
    }

    private void historyMany() {
        Bundle ofType = client.history().onType(Observation.class).returnBundle(Bundle.class).count(2).execute();
        expect("of the type", List.of(ofType.getType().toCode(), ofType.getEntry().size()), List.of("history", 2));
        expect("of the system", client.history().onServer().returnBundle(Bundle.class).count(2).execute().getEntry().size(), 2);
    }

    private void everything() {
        Bundle bundle = client.operation()
                .onInstance(new IdType("Patient", idOf(patient)))
                .named("$everything")
                .withNoParameters(Parameters.class)
                .returnResourceType(Bundle.class)
                .execute();
        List<String> types = bundle.getEntry().stream().map(entry -> entry.getResource().fhirType()).toList();
        expect("types", List.of(Collections.frequency(types, "Patient"), Collections.frequency(types, "Observation")),
                List.of(1, OBSERVATIONS));
    }

    private void validate() {
        MethodOutcome right = client.validate().resource(patientOf("valid")).execute();
        expect("right", severitiesOf(right.getOperationOutcome()), List.of("information"));
        Observation wrong = observationOf("wrong", "Patient/" + idOf(patient));
        wrong.setStatus(null);
        MethodOutcome answer = client.validate().resource(wrong).execute();
        expect("wrong", severitiesOf(answer.getOperationOutcome()).contains("error"), true);
    }

    private void export() throws Exception {
        Parameters parameters = new Parameters();
        parameters.addParameter().setName("_type").setValue(new StringType("Patient,Observation"));
        MethodOutcome accepted = client.operation()
                .onServer()
                .named("$export")
                .withParameters(parameters)
                .withAdditionalHeader("Prefer", "respond-async")
                .returnMethodOutcome()
                .execute();
        String status = accepted.getFirstResponseHeader("content-location").orElseThrow();
        // Status and files are no FHIR: HAPI's client leaves them to plain HTTP.
        String manifest = "";
        for (int poll = 0; poll < POLLS_MAX && manifest.isEmpty(); poll++) {
            Thread.sleep(POLL_MS);
            HttpResponse<String> answer = fetch(status);
            if (answer.statusCode() == 200) manifest = answer.body();
            else expect("status", answer.statusCode(), 202);
        }
        List<String> ids = new ArrayList<>();
        Matcher files = Pattern.compile("\"url\":\"([^\"]+)\"").matcher(manifest);
        while (files.find()) {
            for (String line : fetch(files.group(1)).body().split("\n")) {
                Resource resource = (Resource) client.getFhirContext().newJsonParser().parseResource(line);
                ids.add(resource.getIdElement().getIdPart());
            }
        }
        for (Resource one : observations) expect("lines of " + idOf(one), Collections.frequency(ids, idOf(one)), 1);
        expect("lines of the patient", Collections.frequency(ids, idOf(patient)), 1);
    }

    private HttpResponse<String> fetch(String url) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url));
        if (token != null) request.header("Authorization", "Bearer " + token);
        return HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
    }

    private void delete() {
        Observation first = observations.get(0);
        client.delete().resourceById("Observation", idOf(first)).execute();
        BaseServerResponseException gone = refused(
                ResourceGoneException.class,
                () -> client.read().resource(Observation.class).withId(idOf(first)).execute());
        expect("afterwards", codeOf(gone), "gone");
    }

    private void error() {
        Patient wrong = patientOf("wrong");
        wrong.getContactFirstRep().setGender(AdministrativeGender.MALE);
        BaseServerResponseException content =
                refused(BaseServerResponseException.class, () -> client.create().resource(wrong).execute());
        expect("content", codeOf(content), "invariant");
        BaseServerResponseException absent = refused(
                ResourceNotFoundException.class,
                () -> client.read().resource(Patient.class).withId("nobody").execute());
        expect("absent", codeOf(absent), "not-found");
        BaseServerResponseException search = refused(
                InvalidRequestException.class,
                () -> client.search().byUrl(base + "/Patient?birthdate=yesterday").returnBundle(Bundle.class).execute());
        expect("search", codeOf(search), "parameter-invalid");
    }

    private Patient patientOf(String value) {
        Patient made = new Patient();
        made.addIdentifier().setSystem(SYSTEM).setValue(run + "-" + value);
        made.addName().setText("欧阳明月").setFamily("欧阳").addGiven("明月");
        made.setGender(AdministrativeGender.FEMALE);
        made.setBirthDateElement(new DateType("1980-02-29"));
        return made;
    }

    private Observation observationOf(String value, String subject) {
        Observation made = new Observation();
        made.addIdentifier().setSystem(SYSTEM).setValue(run + "-" + value);
        made.setStatus(Observation.ObservationStatus.FINAL);
        made.getCode().setText("葡萄糖").addCoding().setSystem("http://loinc.org").setCode("2345-7");
        made.setSubject(new Reference(subject));
        made.setValue(new Quantity().setValue(5.6).setUnit("mmol/L").setSystem("http://unitsofmeasure.org").setCode("mmol/L"));
        return made;
    }

    private ca.uhn.fhir.rest.gclient.ICriterion<?> identified(String value) {
        return Patient.IDENTIFIER.exactly().systemAndCode(SYSTEM, run + "-" + value);
    }

    private static void post(Bundle bundle, String fullUrl, Resource resource) {
        Bundle.BundleEntryComponent entry = bundle.addEntry().setFullUrl(fullUrl).setResource(resource);
        entry.getRequest().setMethod(Bundle.HTTPVerb.POST).setUrl(resource.fhirType());
    }

    private static void get(Bundle bundle, String url) {
        bundle.addEntry().getRequest().setMethod(Bundle.HTTPVerb.GET).setUrl(url);
    }

    private static String idOf(Resource resource) {
        return resource.getIdElement().getIdPart();
    }

    private static List<String> sorted(List<? extends Resource> resources) {
        return resources.stream().map(CheckHapi::idOf).sorted().toList();
    }

    private static List<String> idsOf(Bundle bundle) {
        return bundle.getEntry().stream().map(entry -> idOf(entry.getResource())).sorted().collect(Collectors.toList());
    }

    private static List<String> modesOf(Bundle bundle) {
        return bundle.getEntry().stream().map(entry -> entry.getResource().fhirType() + " " + entry.getSearch().getMode()).toList();
    }

    private static List<String> statusesOf(Bundle bundle) {
        return bundle.getEntry().stream().map(entry -> entry.getResponse().getStatus().substring(0, 3)).toList();
    }

    private static List<String> severitiesOf(Object outcome) {
        return ((OperationOutcome) outcome).getIssue().stream().map(issue -> issue.getSeverity().toCode()).toList();
    }

    private static String codeOf(BaseServerResponseException error) {
        OperationOutcome outcome = (OperationOutcome) error.getOperationOutcome();
        return outcome == null ? "no outcome" : outcome.getIssueFirstRep().getDetails().getCodingFirstRep().getCode();
    }

    private static <E extends BaseServerResponseException> E refused(Class<E> kind, Runnable call) {
        try {
            call.run();
        } catch (BaseServerResponseException error) {
            if (kind.isInstance(error)) return kind.cast(error);
            throw error;
        }
        throw new AssertionError("let through");
    }

    private static void expect(String what, Object is, Object expected) {
        if (!Objects.equals(is, expected)) throw new AssertionError(what + ": " + is + ", not " + expected);
    }
}
