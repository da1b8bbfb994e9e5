//! Adds layers and their parameters one by one.

use super::{Architecture, Layer, Parameter, Role, Statistic};

/// A network in the making.
#[derive(Debug, Default)]
pub(super) struct Builder {
    pub(super) layers: Vec<Layer>,
    parameters: Vec<Parameter>,
    statistics: Vec<Statistic>,
}

/// Makes a normalisation of a number of channels, under a name.
pub(super) type Norm = fn(&mut Builder, &str, usize) -> Layer;

impl Builder {
    pub(super) fn finish(self, name: &str, input: [usize; 3], classes: usize) -> Architecture {
        let Self { layers, parameters, statistics } = self;
        Architecture { name: name.to_owned(), input, classes, layers, parameters, statistics }
    }

    pub(super) fn push(&mut self, layers: impl IntoIterator<Item = Layer>) {
        self.layers.extend(layers);
    }

    /// A convolution of squares of odd or even side.
    pub(super) fn conv(&mut self, name: &str, [inputs, outputs]: [usize; 2], side: usize) -> Conv<'_> {
        let fan_in = inputs * side * side;
        let shape = vec![outputs, inputs, side, side];
        let weight = self.parameter(format!("{name}.weight"), shape, Role::Weight { fan_in });
        Conv { builder: self, weight, outputs, name: name.to_owned(), stride: 1, padding: side / 2 }
    }

    pub(super) fn linear(&mut self, name: &str, [inputs, outputs]: [usize; 2]) -> Layer {
        let role = Role::Weight { fan_in: inputs };
        let weight = self.parameter(format!("{name}.weight"), vec![outputs, inputs], role);
        let bias = self.parameter(format!("{name}.bias"), vec![outputs], Role::Bias);
        Layer::Linear { weight, bias }
    }

    pub(super) fn batch_norm(&mut self, name: &str, channels: usize) -> Layer {
        let scale = self.parameter(format!("{name}.weight"), vec![channels], Role::Scale);
        let shift = self.parameter(format!("{name}.bias"), vec![channels], Role::Bias);
        let mean = self.statistic(format!("{name}.running_mean"), channels, 0.0);
        let variance = self.statistic(format!("{name}.running_var"), channels, 1.0);
        Layer::BatchNorm { scale, shift, mean, variance }
    }

    pub(super) fn group_norm(&mut self, name: &str, channels: usize) -> Layer {
        let scale = self.parameter(format!("{name}.weight"), vec![channels], Role::ScaleOffset);
        let shift = self.parameter(format!("{name}.bias"), vec![channels], Role::Bias);
        Layer::GroupNorm { scale, shift, groups: groups(channels) }
    }

    fn parameter(&mut self, name: String, shape: Vec<usize>, role: Role) -> usize {
        self.parameters.push(Parameter { name, shape, role });
        self.parameters.len() - 1
    }

    fn statistic(&mut self, name: String, channels: usize, initial: f32) -> usize {
        self.statistics.push(Statistic { name, channels, initial });
        self.statistics.len() - 1
    }
}

/// A convolution in the making: as wide as its input, without bias, until said otherwise.
pub(super) struct Conv<'a> {
    builder: &'a mut Builder,
    weight: usize,
    outputs: usize,
    name: String,
    stride: usize,
    padding: usize,
}

impl Conv<'_> {
    pub(super) fn stride(self, stride: usize) -> Self {
        Self { stride, ..self }
    }

    pub(super) fn without_padding(self) -> Self {
        Self { padding: 0, ..self }
    }

    pub(super) fn plain(self) -> Layer {
        Layer::Conv { weight: self.weight, bias: None, stride: self.stride, padding: self.padding }
    }

    pub(super) fn with_bias(self) -> Layer {
        let bias = self.builder.parameter(format!("{}.bias", self.name), vec![self.outputs], Role::Bias);
        Layer::Conv { weight: self.weight, bias: Some(bias), stride: self.stride, padding: self.padding }
    }
}

/// The paper's number of groups: 32, else 24, 16 or 8, whichever divides the channels first and leaves two channels or
/// more to a group; else groups of two.
fn groups(channels: usize) -> usize {
    let fits = |&groups: &usize| 2 * groups <= channels && channels.is_multiple_of(groups);
    [32, 24, 16, 8].into_iter().find(fits).unwrap_or((channels / 2).max(1))
}

#[cfg(test)]
mod tests {
    use super::groups;

    #[test]
    fn groups_divide_the_channels_of_every_network() {
        let of = [12, 16, 32, 64, 120, 128, 240, 256, 480, 512, 2048].map(groups);
        assert_eq!(of, [6, 8, 16, 32, 24, 32, 24, 32, 32, 32, 32]);
    }
}
