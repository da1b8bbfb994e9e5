use super::*;

fn weights(name: &str, classes: usize) -> usize {
    let input = if name.contains("mnist") || name == "lenet5" { MNIST } else { CIFAR };
    Architecture::named(name, input, classes).unwrap().weights()
}

#[test]
fn networks_have_the_published_numbers_of_weights() {
    assert_eq!(weights("simplenet", 10), 5_498_378);
    assert_eq!(weights("simplenet-bn", 10), 5_498_378);
    assert_eq!(weights("simplenet-mnist", 10), 1_082_826);
    assert_eq!(weights("resnet20", 10), 269_722);
    assert_eq!(weights("resnet20-gn", 10), 269_722);
    assert_eq!(weights("lenet5", 10), 44_426);
    // Published as about 20.5 million.
    assert_eq!((weights("wrn28-10", 100) as f64 / 1e5).round(), 206.0);
}

#[test]
fn tensors_have_names_of_their_own() {
    for name in Architecture::NAMES {
        let input = if name.contains("mnist") || name == "lenet5" { MNIST } else { CIFAR };
        let net = Architecture::named(name, input, 10).unwrap();
        let mut names: Vec<&str> = net.parameters().iter().map(|parameter| &*parameter.name).collect();
        names.extend(net.statistics().iter().map(|statistic| &*statistic.name));
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all, "{name}");
    }
}

#[test]
fn what_is_not_known_is_refused() {
    let unknown = Architecture::named("vgg", CIFAR, 10).unwrap_err();
    assert!(unknown.to_string().contains("simplenet"));
    let small = Architecture::named("resnet20", MNIST, 10).unwrap_err();
    assert!(small.to_string().contains("3x32x32") && small.to_string().contains("1x28x28"));
}
