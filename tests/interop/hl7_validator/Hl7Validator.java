import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.ResultSeverityEnum;
import ca.uhn.fhir.validation.SingleValidationMessage;
import ca.uhn.fhir.validation.ValidationOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.PrePopulatedValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r5.utils.validation.constants.BestPracticeWarningLevel;

/**
 * HL7's validator (org.hl7.fhir.validation, by way of HAPI) on FHIR R4 files, offline.
 *
 * Arguments: a folder of definitions (StructureDefinition, ValueSet, CodeSystem as JSON), then files to validate, each
 * perhaps as FILE=PROFILE-URL. One line for each issue: file, severity, place, text, parted by tabs; at the end "done".
 */
public class Hl7Validator {
  public static void main(String[] arguments) throws Exception {
    FhirContext context = FhirContext.forR4();
    PrePopulatedValidationSupport ours = new PrePopulatedValidationSupport(context);
    try (Stream<Path> files = Files.walk(Path.of(arguments[0]))) {
      for (Path file : files.filter(one -> one.toString().endsWith(".json")).sorted().collect(Collectors.toList())) {
        Resource definition =
            (Resource) context.newJsonParser().parseResource(Files.readString(file, StandardCharsets.UTF_8));
        switch (definition.fhirType()) {
          case "StructureDefinition", "ValueSet", "CodeSystem" -> ours.addResource(definition);
          default -> { }
        }
      }
    }
    FhirInstanceValidator module = new FhirInstanceValidator(new ValidationSupportChain(
        new DefaultProfileValidationSupport(context),
        ours,
        new CommonCodeSystemsTerminologyService(context),
        new InMemoryTerminologyServerValidationSupport(context),
        new SnapshotGeneratingValidationSupport(context)));
    module.setBestPracticeWarningLevel(BestPracticeWarningLevel.Hint);
    module.setErrorForUnknownProfiles(true);
    FhirValidator validator = context.newValidator().registerValidatorModule(module);
    for (String argument : List.of(arguments).subList(1, arguments.length)) {
      int mark = argument.indexOf('=');
      String file = mark < 0 ? argument : argument.substring(0, mark);
      ValidationOptions options = new ValidationOptions();
      if (mark >= 0) {
        options.addProfile(argument.substring(mark + 1));
      }
      String text = Files.readString(Path.of(file), StandardCharsets.UTF_8);
      for (SingleValidationMessage issue : validator.validateWithResult(text, options).getMessages()) {
        if (issue.getSeverity() == ResultSeverityEnum.INFORMATION) {
          continue;
        }
        System.out.println(String.join("\t", file, issue.getSeverity().getCode(), String.valueOf(issue.getLocationString()),
            issue.getMessage().replaceAll("\\s+", " ")));
      }
    }
    System.out.println("done");
  }
}
